// Package sts is the local AWS's STS service: who calls, and credentials of roles. Package server's router hands it the requests
// signed for "sts"; the lambda service takes its functions' credentials from Issue, and who enforces policies asks Session whose
// an access key is. Credentials are names without secrets: signatures are not verified here.
package sts

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Options say what the service stands on.
type Options struct {
	// Assume says why the principal, an ARN, may not assume the role. nil: everybody may assume any role.
	Assume func(principal, roleARN string) error
	Now    func() time.Time // nil: time.Now
}

// Service implements wire.Service.
type Service struct {
	wire.Query
	o     Options
	store *store.Store // see Keep

	mu       sync.Mutex
	sessions map[string]Session // by access key
}

// Session is what an access key of a role stands for.
type Session struct {
	Account, RoleARN, Name string
	Expires                time.Time
}

// Principal is the session's ARN.
func (s Session) Principal() string {
	return "arn:aws:sts::" + s.Account + ":assumed-role/" + s.role() + "/" + s.Name
}

func (s Session) role() string { return s.RoleARN[strings.LastIndexByte(s.RoleARN, '/')+1:] }

// id is the unique id of role and session; IAM's own id of the role is not known here.
func (s Session) id() string { return "AROA" + strings.ToUpper(s.role()) + ":" + s.Name }

// Credentials are a session's, as AssumeRole answers them.
type Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }

// New makes the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{o: o, sessions: map[string]Session{}}
	s.Query = wire.Query{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Operations: map[string]wire.QueryOperation{
		"GetCallerIdentity": s.callerIdentity, "AssumeRole": s.assumeRole, "GetSessionToken": s.sessionToken, "GetAccessKeyInfo": s.keyInfo}}
	return s
}

// Issue makes credentials for a session of the role that stay valid for the duration.
func (s *Service) Issue(roleARN, name string, valid time.Duration) Credentials {
	account := ""
	if parts := strings.SplitN(roleARN, ":", 6); len(parts) == 6 {
		account = parts[4]
	}
	return s.issue(Session{account, roleARN, name, s.o.Now().Add(valid)})
}

func (s *Service) issue(session Session) Credentials {
	key := "ASIA" + random(16)
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, old := range s.sessions { // there are few
		if s.o.Now().After(old.Expires) {
			delete(s.sessions, k)
		}
	}
	s.sessions[key] = session
	return Credentials{key, random(40), "local-" + random(40), session.Expires.UTC().Format(time.RFC3339)}
}

// table has the sessions that callers have asked for, by access key. Those of functions end with their processes.
const table = "session"

// Keep reads the sessions that the store has, and files new ones there from now on.
func (s *Service) Keep(st *store.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store = st
	for key, text := range st.Up(table, "") {
		var session Session
		if err := json.Unmarshal(text, &session); err != nil {
			return fmt.Errorf("session %s in the data directory: %w", key, err)
		}
		if s.o.Now().After(session.Expires) {
			st.Write(store.Change{Table: table, Key: key})
			continue
		}
		s.sessions[key] = session
	}
	return nil
}

// kept issues credentials that outlast the process.
func (s *Service) kept(session Session) Credentials {
	c := s.issue(session)
	if text, err := json.Marshal(session); err == nil { // of plain fields
		s.store.Write(store.Change{Table: table, Key: c.AccessKeyId, Value: text})
	}
	return c
}

func random(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[rand.IntN(len(letters))]
	}
	return string(text)
}

// Session is what an access key stands for; ok is false for keys that Issue and AssumeRole have not given, or that have expired.
func (s *Service) Session(accessKey string) (session Session, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, ok = s.sessions[accessKey]
	return session, ok && s.o.Now().Before(session.Expires)
}

type identity struct{ Arn, UserId, Account string }

func (s *Service) callerIdentity(c *wire.Call, _ url.Values) (any, error) {
	if session, ok := s.Session(c.AccessKey); ok {
		return identity{session.Principal(), session.id(), session.Account}, nil
	}
	return identity{"arn:aws:iam::" + c.Account + ":root", c.Account, c.Account}, nil
}

var (
	roleARN     = lazyregexp.New(`^arn:aws[a-zA-Z-]*:iam::(\d{12}):role/(.+)$`)
	sessionName = lazyregexp.New(`^[\w+=,.@-]{2,64}$`)
)

func (s *Service) assumeRole(c *wire.Call, in url.Values) (any, error) {
	arn, name := in.Get("RoleArn"), in.Get("RoleSessionName")
	m := roleARN.FindStringSubmatch(arn)
	switch {
	case m == nil:
		return nil, wire.Errorf("ValidationError", "%s is invalid", arn)
	case !sessionName.MatchString(name):
		return nil, wire.Errorf("ValidationError", `1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`, name)
	}
	valid, err := duration(in, 12*time.Hour)
	if err != nil {
		return nil, err
	}
	caller, err := s.callerIdentity(c, nil)
	if err != nil {
		return nil, err
	}
	principal := caller.(identity).Arn
	if s.o.Assume != nil && s.o.Assume(principal, arn) != nil {
		return nil, &wire.Error{Code: "AccessDenied", Status: http.StatusForbidden,
			Message: fmt.Sprintf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", principal, arn)}
	}
	session := Session{m[1], arn, name, s.o.Now().Add(valid)}
	type user struct{ AssumedRoleId, Arn string }
	return struct {
		Credentials     Credentials
		AssumedRoleUser user
	}{s.kept(session), user{session.id(), session.Principal()}}, nil
}

// duration reads DurationSeconds: an hour unless said. AWS: 15 minutes at least.
func duration(in url.Values, most time.Duration) (time.Duration, error) {
	text := in.Get("DurationSeconds")
	if text == "" {
		return time.Hour, nil
	}
	n, err := strconv.Atoi(text)
	if d := time.Duration(n) * time.Second; err == nil && d >= 15*time.Minute && d <= most {
		return d, nil
	}
	return 0, wire.Errorf("ValidationError", "1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and %d", text, int(most.Seconds()))
}

// sessionToken gives the caller credentials of its own account.
func (s *Service) sessionToken(c *wire.Call, in url.Values) (any, error) {
	valid, err := duration(in, 36*time.Hour)
	if err != nil {
		return nil, err
	}
	expires := s.o.Now().Add(valid).UTC().Format(time.RFC3339)
	key := c.Account // the account's own key: the router reads the account from it
	return struct{ Credentials Credentials }{Credentials{key, random(40), "local-" + random(40), expires}}, nil
}

func (s *Service) keyInfo(c *wire.Call, in url.Values) (any, error) {
	account := c.Account
	if session, ok := s.Session(in.Get("AccessKeyId")); ok {
		account = session.Account
	}
	return struct{ Account string }{account}, nil
}
