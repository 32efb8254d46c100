// Package page is the web page over the Step Functions of an environment: its workflows and executions, live, with the map of each.
// A Source goes in, an http.Handler for wire.Router.Page comes out; package localaws joins it to the local AWS, the command ui to
// any other. The page in static needs no build step and nothing from the network.
//
// What it shows is hostile: names, payloads and errors are written by whoever starts an execution. The scripts make text nodes
// only, and the Content-Security-Policy lets nothing run that is not in static. A write carries the token of the page that was
// served, so that no page of another origin can make one.
package page

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"html"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// policy keeps everything out that is not in static. Frames are refused, so that no other page can lure clicks.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// tokenHeader carries the page's token on every write.
const tokenHeader = "X-Stride-Token"

// longestBody is what a write may send: AWS's longest payload (262,144 bytes), quoted as JSON in the worst case.
const longestBody = 6*262_144 + 65_536

// Options say what a page shows.
type Options struct {
	Source   Source
	Place    string        // the environment and account that it marks itself with; "" is the local AWS
	Poll     time.Duration // how often an open page looks for what is new; 0: Changed tells
	ReadOnly bool          // no writes
	Key      string        // whoever opens the page must know it, at Address; "": everybody may
	// Checkout tells what the project's sources say about a state machine; nil where they say nothing, or there is no project.
	Checkout func(ctx context.Context, machine string) (*Workflow, error)
}

// Page is the web page as an http.Handler.
type Page struct {
	Options
	mux     *http.ServeMux
	token   string
	live    *hub
	stories *stories
}

// New is a page. Tell it by Changed what executions do, unless Options.Poll is set.
func New(o Options) *Page {
	p := &Page{Options: o, mux: http.NewServeMux(), token: rand.Text(), live: newHub()}
	p.stories = newStories(p.fresh)
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	p.mux.HandleFunc("GET /{$}", p.index)
	p.mux.HandleFunc("GET /_stride/{$}", p.index)
	p.mux.Handle("GET /_stride/", http.StripPrefix("/_stride/", http.FileServerFS(files)))
	p.mux.HandleFunc("GET /_stride/api/live", p.live.serve)
	p.read("machines", p.machines)
	p.read("executions", p.executions)
	p.read("logged", p.logged)
	p.read("graph", p.graph)
	p.read("execution", p.execution)
	p.read("events", p.events)
	p.read("event", p.event)
	p.read("step", p.step)
	p.read("checkout", p.checkout)
	p.mux.HandleFunc("POST /_stride/api/do/{operation}", p.writing(p.do))
	p.mux.HandleFunc("POST /_stride/api/rerun", p.writing(p.rerun))
	return p
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if p.Key == "" || p.knows(r) {
		p.mux.ServeHTTP(w, r)
		return
	}
	if r.URL.Path != "/_stride/" || subtle.ConstantTimeCompare([]byte(r.FormValue("key")), []byte(p.Key)) != 1 {
		http.Error(w, "open the page at the address that stride ui printed: it has a key", http.StatusForbidden)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: p.cookie(), Value: p.Key, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Address is the path at which the page is opened first.
func (p *Page) Address() string {
	if p.Key == "" {
		return "/"
	}
	return "/_stride/?key=" + p.Key
}

// cookie is the name of the cookie that keeps the key: each page its own, since cookies do not mind ports.
func (p *Page) cookie() string { return "stride-" + p.Key[:min(6, len(p.Key))] }

func (p *Page) knows(r *http.Request) bool {
	c, err := r.Cookie(p.cookie())
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(p.Key)) == 1
}

// settings are what the page is told about itself.
type settings struct {
	Place string `json:"place"`          // "" is the local AWS
	Write bool   `json:"write"`          // writes are taken
	Poll  int64  `json:"poll,omitempty"` // milliseconds between looks; 0: changes are told
}

// index is the page, with the token that its writes carry.
func (p *Page) index(w http.ResponseWriter, _ *http.Request) {
	text, err := static.ReadFile("static/index.html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	about, err := json.Marshal(settings{p.Place, !p.ReadOnly, p.Poll.Milliseconds()})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	strings.NewReplacer("{{token}}", p.token, "{{settings}}", html.EscapeString(string(about))).WriteString(w, string(text))
}

// read answers GET /_stride/api/name with what do returns, as JSON.
func (p *Page) read(name string, do func(*http.Request) (any, error)) {
	p.mux.HandleFunc("GET /_stride/api/"+name, func(w http.ResponseWriter, r *http.Request) {
		answer, err := do(r)
		respond(w, answer, err)
	})
}

// writes are the operations that the page offers.
var writes = map[string]bool{
	"StartExecution": true, "StartSyncExecution": true, "StopExecution": true, "RedriveExecution": true,
	"SendTaskSuccess": true, "SendTaskFailure": true, "SendTaskHeartbeat": true,
}

// writing answers what changes something with what do returns for the request's body, if the request comes from the page.
func (p *Page) writing(do func(*http.Request, []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(p.token)) != 1 {
			respond(w, nil, &failure{http.StatusForbidden, "the page is older than the server; reload it"})
			return
		}
		if p.ReadOnly {
			respond(w, nil, &failure{http.StatusForbidden, "this page only reads; stride ui --write lets it change something"})
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
		if err != nil {
			respond(w, nil, &failure{http.StatusRequestEntityTooLarge, err.Error()})
			return
		}
		answer, err := do(r, body)
		respond(w, answer, err)
	}
}

// do makes a call of the Step Functions API. The machine or the execution that it is about is named by the parameter "on".
func (p *Page) do(r *http.Request, body []byte) (any, error) {
	operation := r.PathValue("operation")
	if !writes[operation] {
		return nil, &failure{http.StatusNotFound, "the page makes no call " + operation}
	}
	answer, err := p.Source.Call(r.Context(), r.FormValue("on"), operation, body)
	return json.RawMessage(answer), err
}

// failure is an error with its HTTP status.
type failure struct {
	status int
	text   string
}

func (f *failure) Error() string { return f.text }

func respond(w http.ResponseWriter, answer any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadRequest
		var f *failure
		if errors.As(err, &f) {
			status = f.status
		}
		answer = map[string]string{"error": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer)
}
