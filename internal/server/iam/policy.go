package iam

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/server/wire"
)

// managed is a customer managed policy as IAM answers it, and its versions.
type managed struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string
	AttachmentCount, PermissionsBoundaryUsageCount    int
	IsAttachable                                      bool
	Description                                       string `xml:",omitempty"`
	CreateDate, UpdateDate                            string
	Tags                                              members[tag] `xml:",omitempty"`

	versions []policyVersion
	numbers  int
}

type policyVersion struct {
	Document         string `xml:",omitempty"` // escaped
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string

	text string
}

// maxVersions of a managed policy. AWS: IAM quotas.
const maxVersions = 5

// maxManaged bounds the characters of a managed policy, less white space. AWS: IAM quotas.
const maxManaged = 6144

// awsPrefix starts the ARNs of AWS's own policies. Any may be attached; those that are not here allow nothing.
const awsPrefix = "arn:aws:iam::aws:policy/"

var awsPolicies = map[string]string{
	awsPrefix + "service-role/AWSLambdaBasicExecutionRole": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
	awsPrefix + "AWSXRayDaemonWriteAccess":                 `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Resource":["*"]}]}`,
	awsPrefix + "AdministratorAccess":                      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
}

// document is the default version of a managed policy.
func (a *account) document(arn string) (text string, ok bool) {
	if strings.HasPrefix(arn, awsPrefix) {
		return awsPolicies[arn], true
	}
	p := a.policies[arn]
	if p == nil {
		return "", false
	}
	return p.find(p.DefaultVersionId).text, true
}

func (p *managed) find(id string) *policyVersion {
	for i := range p.versions {
		if p.versions[i].VersionId == id {
			return &p.versions[i]
		}
	}
	return nil
}

func (s *Service) policyOperations() map[string]operation {
	return map[string]operation{
		"CreatePolicy":            s.createPolicy,
		"GetPolicy":               withPolicy(getPolicy),
		"ListPolicies":            listPolicies,
		"DeletePolicy":            withPolicy(deletePolicy),
		"CreatePolicyVersion":     withPolicy(s.createVersion),
		"GetPolicyVersion":        withPolicy(getVersion),
		"ListPolicyVersions":      withPolicy(listVersions),
		"DeletePolicyVersion":     withPolicy(deleteVersion),
		"SetDefaultPolicyVersion": withPolicy(setDefault),
		"ListEntitiesForPolicy":   listEntities,
		"TagPolicy":               withPolicy(tagPolicy),
		"UntagPolicy":             withPolicy(untagPolicy),
	}
}

// withPolicy finds the customer managed policy that the call names.
func withPolicy(op func(*account, *managed, url.Values) (any, error)) operation {
	return func(a *account, _ *wire.Call, in url.Values) (any, error) {
		p := a.policies[in.Get("PolicyArn")]
		if p == nil {
			return nil, noSuch("Policy %s was not found.", in.Get("PolicyArn"))
		}
		return op(a, p, in)
	}
}

func (s *Service) createPolicy(a *account, c *wire.Call, in url.Values) (any, error) {
	now := timestamp(s.now())
	p := &managed{PolicyName: in.Get("PolicyName"), PolicyId: newID("ANPA"), Path: in.Get("Path"), IsAttachable: true,
		Description: in.Get("Description"), CreateDate: now, UpdateDate: now}
	if p.Path == "" {
		p.Path = "/"
	}
	p.Arn = "arn:aws:iam::" + c.Account + ":policy" + p.Path + p.PolicyName
	switch {
	case !policyName.MatchString(p.PolicyName):
		return nil, invalid(`1 validation error detected: Value '%s' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`, p.PolicyName)
	case a.policies[p.Arn] != nil:
		return nil, refused("EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", p.PolicyName)
	}
	if _, err := tagPolicy(a, p, in); err != nil {
		return nil, err
	}
	in.Set("SetAsDefault", "true")
	if _, err := s.createVersion(a, p, in); err != nil {
		return nil, err
	}
	a.policies[p.Arn] = p
	return getPolicy(a, p, in)
}

func getPolicy(a *account, p *managed, _ url.Values) (any, error) {
	p.AttachmentCount, p.PermissionsBoundaryUsageCount = a.uses(p.Arn)
	return struct{ Policy managed }{*p}, nil
}

func (a *account) uses(arn string) (attached, bounding int) {
	for _, r := range a.roles {
		if slices.Contains(r.attached, arn) {
			attached++
		}
		if r.PermissionsBoundary != nil && r.PermissionsBoundary.PermissionsBoundaryArn == arn {
			bounding++
		}
	}
	return attached, bounding
}

func listPolicies(a *account, _ *wire.Call, in url.Values) (any, error) {
	var list []managed
	for _, arn := range slices.Sorted(maps.Keys(a.policies)) {
		p := *a.policies[arn]
		p.AttachmentCount, p.PermissionsBoundaryUsageCount = a.uses(arn)
		unwanted := in.Get("Scope") == "AWS" || in.Get("OnlyAttached") == "true" && p.AttachmentCount == 0
		if !unwanted && strings.HasPrefix(p.Path, in.Get("PathPrefix")) {
			p.Description, p.Tags = "", nil // AWS: ListPolicies leaves them out
			list = append(list, p)
		}
	}
	list, next, err := page(in, list, func(p managed) string { return p.Arn })
	return struct {
		Policies members[managed]
		listing
	}{list, next}, err
}

func deletePolicy(a *account, p *managed, _ url.Values) (any, error) {
	attached, bounding := a.uses(p.Arn)
	switch {
	case attached+bounding > 0:
		return nil, refused("DeleteConflict", "Cannot delete a policy attached to entities.")
	case len(p.versions) > 1:
		return nil, refused("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	delete(a.policies, p.Arn)
	return nil, nil
}

func (s *Service) createVersion(_ *account, p *managed, in url.Values) (any, error) {
	text := in.Get("PolicyDocument")
	if err := checkDocument(text); err != nil {
		return nil, err
	}
	switch {
	case len(compact(text)) > maxManaged:
		return nil, refused("LimitExceeded", "Cannot exceed quota for PolicySize: %d", maxManaged)
	case len(p.versions) == maxVersions:
		return nil, refused("LimitExceeded", "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
	}
	p.numbers++
	v := policyVersion{VersionId: fmt.Sprintf("v%d", p.numbers), CreateDate: timestamp(s.now()), Document: escaped(text), text: text}
	p.versions = append(p.versions, v)
	if in.Get("SetAsDefault") == "true" {
		p.choose(v.VersionId)
		v.IsDefaultVersion = true
	}
	p.UpdateDate = v.CreateDate
	v.Document = "" // AWS: the answer leaves it out
	return struct{ PolicyVersion policyVersion }{v}, nil
}

func (p *managed) choose(id string) {
	p.DefaultVersionId = id
	for i := range p.versions {
		p.versions[i].IsDefaultVersion = p.versions[i].VersionId == id
	}
}

func noVersion(p *managed, id string) error {
	return noSuch("Policy %s version %s does not exist or is not attachable.", p.Arn, id)
}

func getVersion(_ *account, p *managed, in url.Values) (any, error) {
	v := p.find(in.Get("VersionId"))
	if v == nil {
		return nil, noVersion(p, in.Get("VersionId"))
	}
	return struct{ PolicyVersion policyVersion }{*v}, nil
}

func listVersions(_ *account, p *managed, in url.Values) (any, error) {
	list := slices.Clone(p.versions)
	slices.Reverse(list)
	for i := range list {
		list[i].Document = ""
	}
	list, next, err := page(in, list, func(v policyVersion) string { return v.VersionId })
	return struct {
		Versions members[policyVersion]
		listing
	}{list, next}, err
}

func deleteVersion(_ *account, p *managed, in url.Values) (any, error) {
	id := in.Get("VersionId")
	switch {
	case p.find(id) == nil:
		return nil, noVersion(p, id)
	case id == p.DefaultVersionId:
		return nil, refused("DeleteConflict", "Cannot delete the default version of a policy.")
	}
	p.versions = slices.DeleteFunc(p.versions, func(v policyVersion) bool { return v.VersionId == id })
	return nil, nil
}

func setDefault(_ *account, p *managed, in url.Values) (any, error) {
	id := in.Get("VersionId")
	if p.find(id) == nil {
		return nil, noVersion(p, id)
	}
	p.choose(id)
	return nil, nil
}

type policyRole struct{ RoleName, RoleId string }

func listEntities(a *account, _ *wire.Call, in url.Values) (any, error) {
	arn := in.Get("PolicyArn")
	if _, ok := a.document(arn); !ok {
		return nil, noSuch("Policy %s was not found.", arn)
	}
	var roles []policyRole
	for _, name := range slices.Sorted(maps.Keys(a.roles)) {
		if r := a.roles[name]; slices.Contains(r.attached, arn) {
			roles = append(roles, policyRole{r.RoleName, r.RoleId})
		}
	}
	roles, next, err := page(in, roles, func(r policyRole) string { return r.RoleName })
	return struct {
		PolicyRoles members[policyRole]
		listing
	}{roles, next}, err
}

func tagPolicy(_ *account, p *managed, in url.Values) (any, error) {
	tags, err := merge(p.Tags, tagList(in))
	if err == nil {
		p.Tags = tags
	}
	return nil, err
}

func untagPolicy(_ *account, p *managed, in url.Values) (any, error) {
	p.Tags = without(p.Tags, wire.Members(in, "TagKeys"))
	return nil, nil
}
