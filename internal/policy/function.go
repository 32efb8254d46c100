package policy

import (
	"slices"
	"strings"
)

// Needs is what a function's role must allow besides writing its log.
type Needs struct {
	LogGroup string // ARN of the function's log group, without ":*"
	Tracing  bool
	VPC      bool
	KMSKey   string     // ARN of the key that encrypts its environment variables; "" where AWS's does, or there are none
	Declared []Declared // flow.Allow
	Calls    []Call     // what its code calls
	Payloads string     // ARN of the S3 objects that hold the values of its Refs; "": none do
}

// Call is an operation of an AWS SDK service, "dynamodb:GetItem", that a package of a function's code calls.
type Call struct{ Operation, Package string }

// Declared is a permission that the workflow's author wrote.
type Declared struct{ Actions, Resources []string }

// Function is what the role of a Lambda function must allow. stride makes the log group, so the function need not.
func Function(n Needs) Grants {
	grants := Grants{allow("its log", []string{n.LogGroup + ":*"}, "logs:CreateLogStream", "logs:PutLogEvents")}
	if n.Tracing {
		grants = append(grants, allow("X-Ray tracing", []string{"*"}, "xray:PutTraceSegments", "xray:PutTelemetryRecords"))
	}
	if n.KMSKey != "" { // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
		grants = append(grants, allow("encryption of variables", []string{n.KMSKey}, "kms:Decrypt"))
	}
	if n.VPC { // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
		grants = append(grants, allow("network interfaces in the VPC", []string{"*"}, "ec2:CreateNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
			"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"))
	}
	if n.Payloads != "" {
		grants = append(grants, allow("values of flow.Ref", []string{n.Payloads}, "s3:GetObject", "s3:PutObject"))
	}
	for _, d := range n.Declared {
		grants = append(grants, allow("declared with flow.Allow", d.Resources, d.Actions...))
	}
	return append(grants, n.called()...)
}

// called grants what the code calls on any resource, since the code does not tell which. An action that is declared is declared whole:
// flow.Allow narrows it.
func (n *Needs) called() Grants {
	var grants Grants
	granted := map[string]bool{}
	for _, c := range n.Calls {
		service, operation, _ := strings.Cut(c.Operation, ":")
		var actions []string
		for _, action := range Actions(service, operation) {
			if !granted[action] && !n.declares(action) {
				granted[action] = true
				actions = append(actions, action)
			}
		}
		reason := "calls in " + c.Package
		switch last := len(grants) - 1; {
		case len(actions) == 0:
		case last >= 0 && grants[last].Reason == reason:
			grants[last].Statement.Action = union(grants[last].Statement.Action, actions)
		default:
			grants = append(grants, allow(reason, nil, actions...))
		}
	}
	return grants
}

func (n *Needs) declares(action string) bool {
	return slices.ContainsFunc(n.Declared, func(d Declared) bool { return matchFold(d.Actions, action) })
}

func allow(reason string, resources []string, actions ...string) Grant {
	slices.Sort(actions)
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	return Grant{Statement: Statement{Effect: "Allow", Action: actions, Resource: resources}, Reason: reason}
}
