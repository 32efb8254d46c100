package iam

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/server/wire"
)

// role is a role as IAM answers it, and what its answers leave out.
type role struct {
	Path, RoleName, RoleId, Arn, CreateDate string
	AssumeRolePolicyDocument                string       // escaped
	Description                             string       `xml:",omitempty"`
	MaxSessionDuration                      int          // seconds
	PermissionsBoundary                     *boundary    `xml:",omitempty"`
	Tags                                    members[tag] `xml:",omitempty"`

	trust    string
	inline   map[string]string // documents by name
	attached []string          // ARNs of managed policies
}

type boundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

// Limits of roles. AWS: IAM and STS quotas.
const (
	maxInline   = 10240 // characters of a role's inline policies together, less white space
	maxTrust    = 2048  // characters of a trust policy; the default quota
	maxAttached = 10
)

var (
	roleName   = lazyregexp.New(`^[\w+=,.@-]{1,64}$`)
	policyName = lazyregexp.New(`^[\w+=,.@-]{1,128}$`)
	pathForm   = lazyregexp.New(`^/(?:[!-~]+/)?$`)
)

func (s *Service) roleOperations() map[string]operation {
	return map[string]operation{
		"CreateRole":                    s.createRole,
		"GetRole":                       withRole(func(_ *account, r *role, _ url.Values) (any, error) { return answerRole(r), nil }),
		"ListRoles":                     listRoles,
		"DeleteRole":                    withRole(deleteRole),
		"UpdateRole":                    withRole(updateRole),
		"UpdateAssumeRolePolicy":        withRole(updateTrust),
		"TagRole":                       withRole(tagRole),
		"UntagRole":                     withRole(untagRole),
		"ListRoleTags":                  withRole(listRoleTags),
		"PutRolePermissionsBoundary":    withRole(putBoundary),
		"DeleteRolePermissionsBoundary": withRole(deleteBoundary),
		"PutRolePolicy":                 withRole(putRolePolicy),
		"GetRolePolicy":                 withRole(getRolePolicy),
		"DeleteRolePolicy":              withRole(deleteRolePolicy),
		"ListRolePolicies":              withRole(listRolePolicies),
		"AttachRolePolicy":              withRole(attach),
		"DetachRolePolicy":              withRole(detach),
		"ListAttachedRolePolicies":      withRole(listAttached),
		"ListInstanceProfilesForRole":   withRole(listInstanceProfiles),
	}
}

// withRole finds the role that the call names.
func withRole(op func(*account, *role, url.Values) (any, error)) operation {
	return func(a *account, _ *wire.Call, in url.Values) (any, error) {
		r := a.roles[in.Get("RoleName")]
		if r == nil {
			return nil, noSuch("The role with name %s cannot be found.", in.Get("RoleName"))
		}
		return op(a, r, in)
	}
}

func answerRole(r *role) any {
	return struct{ Role role }{*r}
}

func (s *Service) createRole(a *account, c *wire.Call, in url.Values) (any, error) {
	r := &role{Path: in.Get("Path"), RoleName: in.Get("RoleName"), RoleId: newID("AROA"), CreateDate: timestamp(s.now()),
		Description: in.Get("Description"), MaxSessionDuration: 3600, inline: map[string]string{}}
	if r.Path == "" {
		r.Path = "/"
	}
	r.Arn = "arn:aws:iam::" + c.Account + ":role" + r.Path + r.RoleName
	switch {
	case !roleName.MatchString(r.RoleName):
		return nil, invalid(`1 validation error detected: Value '%s' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`, r.RoleName)
	case !pathForm.MatchString(r.Path) || len(r.Path) > 512:
		return nil, invalid("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	case a.roles[r.RoleName] != nil:
		return nil, refused("EntityAlreadyExists", "Role with name %s already exists.", r.RoleName)
	}
	if _, err := updateTrust(a, r, url.Values{"PolicyDocument": {in.Get("AssumeRolePolicyDocument")}}); err != nil {
		return nil, err
	}
	if err := setSession(r, in); err != nil {
		return nil, err
	}
	if in.Has("PermissionsBoundary") {
		if _, err := putBoundary(a, r, in); err != nil {
			return nil, err
		}
	}
	if _, err := tagRole(a, r, in); err != nil {
		return nil, err
	}
	a.roles[r.RoleName] = r
	return answerRole(r), nil
}

func setSession(r *role, in url.Values) error {
	text := in.Get("MaxSessionDuration")
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 3600 || n > 43200 {
		return invalid("1 validation error detected: Value '%s' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200", text)
	}
	r.MaxSessionDuration = n
	return nil
}

func listRoles(a *account, _ *wire.Call, in url.Values) (any, error) {
	var roles []role
	for _, name := range slices.Sorted(maps.Keys(a.roles)) {
		if r := *a.roles[name]; strings.HasPrefix(r.Path, in.Get("PathPrefix")) {
			r.Tags, r.PermissionsBoundary = nil, nil // AWS: ListRoles leaves them out
			roles = append(roles, r)
		}
	}
	roles, next, err := page(in, roles, func(r role) string { return r.RoleName })
	return struct {
		Roles members[role]
		listing
	}{roles, next}, err
}

func deleteRole(a *account, r *role, _ url.Values) (any, error) {
	switch {
	case len(r.inline) > 0:
		return nil, refused("DeleteConflict", "Cannot delete entity, must delete policies first.")
	case len(r.attached) > 0:
		return nil, refused("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	delete(a.roles, r.RoleName)
	return nil, nil
}

func updateRole(_ *account, r *role, in url.Values) (any, error) {
	if in.Has("Description") {
		r.Description = in.Get("Description")
	}
	return struct{}{}, setSession(r, in)
}

func updateTrust(_ *account, r *role, in url.Values) (any, error) {
	text := in.Get("PolicyDocument")
	if err := checkDocument(text); err != nil {
		return nil, err
	}
	if len(compact(text)) > maxTrust {
		return nil, refused("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	for _, st := range parsed(text).Statement {
		if len(st.Principal)+len(st.NotPrincipal) == 0 {
			return nil, wire.Errorf("MalformedPolicyDocument", "AssumeRolepolicy contained an invalid principal: %q.", "")
		}
	}
	r.trust, r.AssumeRolePolicyDocument = text, escaped(text)
	return nil, nil
}

// compact leaves out the white space, which does not count.
func compact(text string) string { return strings.Join(strings.Fields(text), "") }

func tagRole(_ *account, r *role, in url.Values) (any, error) {
	tags, err := merge(r.Tags, tagList(in))
	if err == nil {
		r.Tags = tags
	}
	return nil, err
}

func untagRole(_ *account, r *role, in url.Values) (any, error) {
	r.Tags = without(r.Tags, wire.Members(in, "TagKeys"))
	return nil, nil
}

func listRoleTags(_ *account, r *role, in url.Values) (any, error) {
	tags, next, err := page(in, r.Tags, func(t tag) string { return t.Key })
	return struct {
		Tags members[tag]
		listing
	}{tags, next}, err
}

func putBoundary(a *account, r *role, in url.Values) (any, error) {
	arn := in.Get("PermissionsBoundary")
	if _, ok := a.document(arn); !ok {
		return nil, noSuch("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	r.PermissionsBoundary = &boundary{"Policy", arn}
	return nil, nil
}

func deleteBoundary(_ *account, r *role, _ url.Values) (any, error) {
	if r.PermissionsBoundary == nil {
		return nil, noSuch("The role with name %s does not have a permissions boundary.", r.RoleName)
	}
	r.PermissionsBoundary = nil
	return nil, nil
}

func putRolePolicy(_ *account, r *role, in url.Values) (any, error) {
	name, text := in.Get("PolicyName"), in.Get("PolicyDocument")
	if !policyName.MatchString(name) {
		return nil, invalid(`1 validation error detected: Value '%s' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`, name)
	}
	if err := checkDocument(text); err != nil {
		return nil, err
	}
	size := len(compact(text))
	for other, document := range r.inline {
		if other != name {
			size += len(compact(document))
		}
	}
	if size > maxInline {
		return nil, refused("LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", maxInline, r.RoleName)
	}
	r.inline[name] = text
	return nil, nil
}

func noRolePolicy(name string) error {
	return noSuch("The role policy with name %s cannot be found.", name)
}

func getRolePolicy(_ *account, r *role, in url.Values) (any, error) {
	name := in.Get("PolicyName")
	text, ok := r.inline[name]
	if !ok {
		return nil, noRolePolicy(name)
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{r.RoleName, name, escaped(text)}, nil
}

func deleteRolePolicy(_ *account, r *role, in url.Values) (any, error) {
	name := in.Get("PolicyName")
	if _, ok := r.inline[name]; !ok {
		return nil, noRolePolicy(name)
	}
	delete(r.inline, name)
	return nil, nil
}

func listRolePolicies(_ *account, r *role, in url.Values) (any, error) {
	names, next, err := page(in, slices.Sorted(maps.Keys(r.inline)), func(s string) string { return s })
	return struct {
		PolicyNames members[string]
		listing
	}{names, next}, err
}

func attach(a *account, r *role, in url.Values) (any, error) {
	arn := in.Get("PolicyArn")
	_, ok := a.document(arn)
	switch {
	case !ok:
		return nil, noSuch("Policy %s does not exist or is not attachable.", arn)
	case slices.Contains(r.attached, arn):
		return nil, nil
	case len(r.attached) == maxAttached:
		return nil, refused("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	r.attached = append(r.attached, arn)
	return nil, nil
}

func detach(_ *account, r *role, in url.Values) (any, error) {
	arn := in.Get("PolicyArn")
	i := slices.Index(r.attached, arn)
	if i < 0 {
		return nil, noSuch("Policy %s was not found.", arn)
	}
	r.attached = slices.Delete(r.attached, i, i+1)
	return nil, nil
}

type attachment struct{ PolicyName, PolicyArn string }

func listAttached(_ *account, r *role, in url.Values) (any, error) {
	var list []attachment
	for _, arn := range r.attached {
		list = append(list, attachment{arn[strings.LastIndexByte(arn, '/')+1:], arn})
	}
	list, next, err := page(in, list, func(a attachment) string { return a.PolicyArn })
	return struct {
		AttachedPolicies members[attachment]
		listing
	}{list, next}, err
}

// listInstanceProfiles has none to list: there are no instances.
func listInstanceProfiles(*account, *role, url.Values) (any, error) {
	return struct {
		InstanceProfiles struct{}
		listing
	}{}, nil
}
