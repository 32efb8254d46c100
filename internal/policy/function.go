package policy

import "slices"

// Needs is what a function's role must allow besides writing its log.
type Needs struct {
	LogGroup string // ARN of the function's log group, without ":*"
	Tracing  bool
	VPC      bool
	Declared []Declared // flow.Allow
}

// Declared is a permission that the workflow's author wrote.
type Declared struct{ Actions, Resources []string }

// Function is what the role of a Lambda function must allow. stride makes the log group, so the function need not.
func Function(n Needs) Grants {
	grants := Grants{allow("its log", []string{n.LogGroup + ":*"}, "logs:CreateLogStream", "logs:PutLogEvents")}
	if n.Tracing {
		grants = append(grants, allow("X-Ray tracing", []string{"*"}, "xray:PutTraceSegments", "xray:PutTelemetryRecords"))
	}
	if n.VPC { // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
		grants = append(grants, allow("network interfaces in the VPC", []string{"*"}, "ec2:CreateNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
			"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"))
	}
	for _, d := range n.Declared {
		grants = append(grants, allow("declared with flow.Allow", d.Resources, d.Actions...))
	}
	return grants
}

func allow(reason string, resources []string, actions ...string) Grant {
	slices.Sort(actions)
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	return Grant{Statement: Statement{Effect: "Allow", Action: actions, Resource: resources}, Reason: reason}
}
