package local

import "strings"

// Levels of logging.
const (
	LogAll   = "ALL"
	LogError = "ERROR"
	LogFatal = "FATAL"
	LogOff   = "OFF"
)

var logLevels = []string{LogAll, LogError, LogFatal, LogOff}

// checkLogging holds AWS's rules: one destination, which exists, and a role that may set delivery up.
func (s *Service) checkLogging(c *LoggingConfiguration, role string) error {
	if c == nil {
		return nil
	}
	var v violations
	v.oneOf("loggingConfiguration.level", c.Level, logLevels)
	if err := v.err(); err != nil {
		return err
	}
	groups := c.groups()
	on := c.Level != "" && c.Level != LogOff
	if len(groups) > 1 || on && len(groups) == 0 {
		return invalidLogging("Must specify exactly one Log Destination.")
	}
	for _, arn := range groups {
		if !s.hasLogGroup(arn) {
			return invalidLogging("Log Destination not found.")
		}
	}
	if on {
		return s.mayDeliver(role)
	}
	return nil
}

// logGroup takes "arn:aws:logs:us-east-1:000000000000:log-group:/aws/x:*" apart.
func logGroup(arn string) (account, region, name string, ok bool) {
	p := strings.SplitN(arn, ":", 7)
	if len(p) < 7 || p[2] != "logs" || p[5] != "log-group" {
		return "", "", "", false
	}
	return p[4], p[3], strings.TrimSuffix(p[6], ":*"), true
}

func (s *Service) hasLogGroup(arn string) bool {
	account, region, name, ok := logGroup(arn)
	return ok && s.cloud.Logs != nil && s.cloud.Logs.HasGroup(account, region, name)
}
