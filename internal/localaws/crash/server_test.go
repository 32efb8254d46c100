package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const account = "000000000000"

// build makes the program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stride")
	if out, err := exec.Command("go", "build", "-o", path, "../../../cmd/stride").CombinedOutput(); err != nil {
		t.Fatalf("%s: %s", err, out)
	}
	return path
}

// process is one life of the server.
type process struct {
	cmd *exec.Cmd
	url string
	log *bytes.Buffer
}

func start(t *testing.T, program, dir, sqs string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program, "-o", "json", "local", "--port", "0", "--data", dir), log: new(bytes.Buffer)}
	p.cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL_SQS="+sqs, "AWS_ACCESS_KEY_ID="+account)
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := readObject(out)
	if err != nil {
		t.Fatalf("the server does not start: %s\n%s", err, p.log)
	}
	var said struct{ Endpoint string }
	if err := json.Unmarshal(text, &said); err != nil {
		t.Fatal(err)
	}
	p.url = said.Endpoint
	return p
}

// readObject reads lines up to the one that closes a JSON object.
func readObject(r io.Reader) ([]byte, error) {
	var text []byte
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		text = append(text, line...)
		if json.Valid(text) && len(bytes.TrimSpace(text)) > 0 {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// kill ends the process as a power cut would, for all that the process can tell.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.cmd.Wait()
}

// errGone is a call that was not answered.
var errGone = errors.New("no answer")

// refusal is an answer that says no.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.code + ": " + r.text }

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// call makes a call of an AWS JSON API. Its error is errGone or a *refusal.
func (p *process) call(target string, in, out any) error {
	return p.rest("", http.MethodPost, "/", target, in, out)
}

// rest makes a call with JSON, as it would be signed for a service; "" where target says which it is.
func (p *process) rest(service, method, path, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	q, err := http.NewRequest(method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if service != "" {
		q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+account+"/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	}
	if target != "" {
		q.Header.Set("X-Amz-Target", target)
	}
	q.Header.Set("Content-Type", "application/x-amz-json-1.0")
	return answered(q, func(text []byte) error {
		if out == nil {
			return nil
		}
		return json.Unmarshal(text, out)
	})
}

func (p *process) states(operation string, in, out any) error {
	return p.call("AWSStepFunctions."+operation, in, out)
}

func answered(q *http.Request, read func([]byte) error) error {
	a, err := client.Do(q)
	if err != nil {
		return errGone
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return errGone
	}
	if a.StatusCode >= 300 {
		var said struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(text, &said) // else the text says it
		if said.Type == "" {
			said.Message = fmt.Sprint(a.StatusCode, " ", string(text))
		}
		return &refusal{said.Type, said.Message}
	}
	return read(text)
}

// putObject writes an S3 object; getObject reads it.
func (p *process) putObject(path, content string) error {
	q, err := http.NewRequest(http.MethodPut, p.url+path, strings.NewReader(content))
	if err != nil {
		return err
	}
	return answered(q, func([]byte) error { return nil })
}

func (p *process) getObject(path string) (content string, err error) {
	q, err := http.NewRequest(http.MethodGet, p.url+path, nil)
	if err != nil {
		return "", err
	}
	err = answered(q, func(text []byte) error { content = string(text); return nil })
	return content, err
}
