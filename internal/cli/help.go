package cli

// examples are command lines that the help of a command shows, by its name.
var examples = map[string]string{
	"init": `stride init shop --module example.com/shop`,
	"import": `stride import statemachine/selling.asl.json
stride import arn:aws:states:eu-central-1:111122223333:stateMachine:selling`,
	"render": `stride render order-fulfilment
stride render --out build --check`,
	"graph": `stride graph order-fulfilment
stride graph order-fulfilment --format svg > order-fulfilment.svg`,
	"lint":    `stride lint statemachine/selling.asl.json --type EXPRESS`,
	"explain": `stride explain iam order-fulfilment`,
	"run": `stride run order-fulfilment --input order.json
stride run order-fulfilment --input '{"id":"o-1"}' --answer 'Ask={"approved":true}'`,
	"test":     `stride test ./workflows/... --min 100 -- -run Fulfil`,
	"dev":      `stride dev order-fulfilment --input order.json --open`,
	"plan":     `stride plan --env prod --exit-code`,
	"deploy":   `stride deploy --env prod`,
	"status":   `stride status --env prod --exit-code`,
	"rollback": `stride rollback order-fulfilment 4 --env prod`,
	"start": `stride start order-fulfilment --input order.json --env prod
echo '{"id":"o-1"}' | stride start order-fulfilment --input - --async`,
	"tail": `stride tail order-fulfilment -f
stride tail --since 2h --error Declined --env prod`,
	"ls": `stride ls order-fulfilment --failed --since 1d
stride ls --status RUNNING -o json`,
	"inspect": `stride inspect arn:aws:states:us-east-1:000000000000:execution:order-fulfilment:o-1 --data`,
	"ui":      `stride ui --env dev --write`,
	"replay":  `stride replay workflows/testdata/executions/order-fulfilment/*.json --exit-code`,
	"stop":    `stride stop order-fulfilment --since 10m --cause "bad input" --dry-run`,
	"redrive": `stride redrive order-fulfilment --failed --since 2h --error States.Timeout`,
	"succeed": `stride callback succeed EXECUTION-ARN --state Ask --result '{"approved":true}'`,
	"wait":    `stride wait order-fulfilment --timeout 10m`,
	"cost": `stride cost order-fulfilment --input order.json --monthly 500000
stride cost order-fulfilment --recorded --since 7d --env prod`,
	"local": `stride local --data .stride/aws`,
}

const appHelp = `stride - {{.Usage}}

usage: stride [global flags] COMMAND [flags] [arguments]
{{range .VisibleCategories}}
{{if .Name}}{{.Name}}:{{else}}commands:{{end}}{{range .VisibleCommands}}
  {{join .Names ", "}}{{"\t"}}{{.Usage}}{{end}}
{{end}}
global flags (before or after the command):{{range .VisibleFlags}}
  {{.}}{{end}}

stride help COMMAND says more. Exit codes: 0 done, 1 failed, 2 differences (with --exit-code), 3 the execution did not succeed,
64 usage, 130 interrupted.
`

const commandHelp = `{{.HelpName}} - {{.Usage}}

usage: {{.HelpName}}{{if .VisibleFlags}} [flags]{{end}}{{if .ArgsUsage}} {{.ArgsUsage}}{{end}}{{if .Description}}

{{.Description}}{{end}}{{if .UsageText}}

examples:
{{indent 2 .UsageText}}{{end}}
{{if .VisibleFlags}}
flags:{{range .VisibleFlags}}
  {{.}}{{end}}
{{end}}
stride --help lists the global flags.
`

const groupHelp = `{{.HelpName}} - {{.Usage}}

usage: {{.HelpName}} COMMAND [flags] [arguments]{{if .Description}}

{{.Description}}
{{end}}{{range .VisibleCategories}}{{range .VisibleCommands}}
  {{join .Names ", "}}{{"\t"}}{{.Usage}}{{end}}{{end}}
`
