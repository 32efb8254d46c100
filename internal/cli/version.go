package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// version is the module version that the Go command recorded: "v1.2.3", or "(devel)" and the commit for a working copy.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	const module = "github.com/stride-aws/stride"
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return info.Main.Version
}

type versionInfo struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func versionCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "version", Category: groupMore, Usage: "print the version of stride and of Go",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			return a.printVersion(versionInfo{version(), runtime.Version(), runtime.GOOS, runtime.GOARCH})
		},
	}
}

func (a *app) printVersion(v versionInfo) error {
	if a.Format == "json" {
		return a.printJSON(v)
	}
	a.print("stride %s %s %s/%s\n", v.Version, v.Go, v.OS, v.Arch)
	return nil
}
