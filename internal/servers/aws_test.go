//go:build aws

package servers

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestAWS makes, changes and removes resources whose names begin with stride-test-, in the account and region of the credentials that
// the AWS CLI would use.
func TestAWS(t *testing.T) {
	suite(t, "aws", func(env *testscript.Env) string {
		for _, name := range []string{"HOME", "AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
			"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
			env.Setenv(name, os.Getenv(name))
		}
		return ""
	})
}
