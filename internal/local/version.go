package local

import (
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
)

// version is a published revision of a machine.
type version struct {
	number      int
	revision    *revision
	description string
	created     time.Time
}

func (m *stateMachine) versionARN(number int) string { return m.arn + ":" + strconv.Itoa(number) }

// version finds a version by the qualifier of its ARN.
func (m *stateMachine) version(qualifier string) *version {
	for _, v := range m.versions {
		if strconv.Itoa(v.number) == qualifier {
			return v
		}
	}
	return nil
}

// publish makes the current revision a version, unless it is one already. m.mu is held.
func (m *stateMachine) publish(description string) (*version, error) {
	for _, v := range m.versions {
		if v.revision == m.current {
			return v, nil
		}
	}
	if len(m.versions) >= mostVersions {
		return nil, errorf("ServiceQuotaExceededException", "Maximum number of state machine versions, %d, exceeded for state machine %s", mostVersions, m.arn)
	}
	m.lastVersion++
	v := &version{m.lastVersion, m.current, description, m.service.cloud.Now()}
	m.versions = append(m.versions, v)
	return v, nil
}

// PublishStateMachineVersionInput are the parameters of PublishStateMachineVersion.
type PublishStateMachineVersionInput struct {
	StateMachineArn string `json:"stateMachineArn"`
	RevisionID      string `json:"revisionId"`
	Description     string `json:"description"`
}

// PublishStateMachineVersionOutput is the answer of PublishStateMachineVersion.
type PublishStateMachineVersionOutput struct {
	StateMachineVersionArn string     `json:"stateMachineVersionArn"`
	CreationDate           epoch.Time `json:"creationDate"`
}

// PublishStateMachineVersion makes the current revision a version; one that is a version already gives that.
func (s *Service) PublishStateMachineVersion(in *PublishStateMachineVersionInput) (*PublishStateMachineVersionOutput, error) {
	var c violations
	c.optional("description", in.Description, longestDescription)
	if err := c.err(); err != nil {
		return nil, err
	}
	m, err := s.unqualified(in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.RevisionID != "" && in.RevisionID != m.current.id {
		return nil, errorf("ConflictException", "Failed to publish the State Machine version for revision %s. The current State Machine revision is %s.",
			in.RevisionID, revisionName(m.current.id))
	}
	v, err := m.publish(in.Description)
	if err != nil {
		return nil, err
	}
	s.cloud.keep.machine(m)
	return &PublishStateMachineVersionOutput{m.versionARN(v.number), epoch.Of(v.created)}, nil
}

// revisionName is what AWS calls the revision of a machine that was never updated.
func revisionName(id string) string {
	if id == "" {
		return "INITIAL"
	}
	return id
}

// DeleteStateMachineVersionInput are the parameters of DeleteStateMachineVersion.
type DeleteStateMachineVersionInput struct {
	StateMachineVersionArn string `json:"stateMachineVersionArn"`
}

// DeleteStateMachineVersion removes a version that no alias names. One that does not exist is no error.
func (s *Service) DeleteStateMachineVersion(in *DeleteStateMachineVersionInput) (*Empty, error) {
	a, err := s.checkedARN("stateMachineVersionArn", in.StateMachineVersionArn)
	if err != nil {
		return nil, err
	}
	if _, err := strconv.Atoi(a.rest); err != nil {
		return nil, validation("The ARN %s is not a state machine version ARN", a.text)
	}
	m, err := s.machineOf(a)
	if err != nil {
		return &Empty{}, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if users := m.aliasesOf(a.text); len(users) > 0 {
		return nil, errorf("ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [%s]",
			strings.Join(users, ", "))
	}
	for i, v := range m.versions {
		if strconv.Itoa(v.number) == a.rest {
			m.versions = append(m.versions[:i:i], m.versions[i+1:]...)
			s.cloud.keep.machine(m)
			break
		}
	}
	return &Empty{}, nil
}

// ListStateMachineVersionsInput are the parameters of ListStateMachineVersions and of ListStateMachineAliases.
type ListStateMachineVersionsInput struct {
	StateMachineArn string `json:"stateMachineArn"`
	Page
}

// ListStateMachineVersionsOutput is the answer of ListStateMachineVersions.
type ListStateMachineVersionsOutput struct {
	StateMachineVersions []VersionListItem `json:"stateMachineVersions"`
	NextToken            *string           `json:"nextToken,omitempty"`
}

// VersionListItem is one version in a list.
type VersionListItem struct {
	StateMachineVersionArn string     `json:"stateMachineVersionArn"`
	CreationDate           epoch.Time `json:"creationDate"`
}

// ListStateMachineVersions lists a machine's versions, the newest first. Tokens hold version numbers, so that versions published
// between two pages do not shift them.
func (s *Service) ListStateMachineVersions(in *ListStateMachineVersionsInput) (*ListStateMachineVersionsOutput, error) {
	var c violations
	c.page(in.Page, longestToken)
	if err := c.err(); err != nil {
		return nil, err
	}
	a, err := s.checkedARN("stateMachineArn", in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	out := &ListStateMachineVersionsOutput{StateMachineVersions: []VersionListItem{}}
	m, err := s.machineOf(a)
	if err != nil {
		return out, nil // AWS: the operation has no error for this
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := "versions " + m.arn
	below, err := in.openToken(list, int64(m.lastVersion)+1)
	if err != nil {
		return nil, err
	}
	for i := len(m.versions) - 1; i >= 0; i-- {
		v := m.versions[i]
		if int64(v.number) >= below {
			continue
		}
		if len(out.StateMachineVersions) == in.size() {
			out.NextToken = sealToken(list, int64(v.number)+1)
			break
		}
		out.StateMachineVersions = append(out.StateMachineVersions, VersionListItem{m.versionARN(v.number), epoch.Of(v.created)})
	}
	return out, nil
}
