package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

// TestNewCredentialsAreUsed: who logs in again while a command runs has the new credentials used, once the old ones are refused.
func TestNewCredentialsAreUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	login := func(key string) {
		if err := os.WriteFile(file, []byte("[default]\naws_access_key_id = "+key+"\naws_secret_access_key = s\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	login("old")
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Config: cfg}
	s.useCredentials(&reloading{first: cfg.Credentials})
	key := func() string {
		c, err := s.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.AccessKeyID
	}
	if got := key(); got != "old" {
		t.Errorf("at first %s", got)
	}
	login("new")
	if got := key(); got != "old" {
		t.Errorf("before the old ones are refused %s", got)
	}
	s.renew()
	if got := key(); got != "new" {
		t.Errorf("after they were refused %s", got)
	}
}
