// Package bundle builds Lambda handlers: from Go functions it makes zips that Lambda runs as provided.al2023. Handlers go in as
// import path and function name; out come the zips with their digests and the packages that make them up. The commands build,
// plan, deploy and local call it.
//
// The mains are generated and reach the go command through an overlay, so nothing is written into the user's tree. One 'go build'
// makes all handlers of one target. Two machines with one Go version make the same bytes, in whatever folder the checkout lies.
// A handler whose packages, flags and Go version are as before comes out of the cache: no link, no zip.
package bundle

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/stride-aws/stride/internal/lambdamain"
)

// Target is what a handler is built for, in Go's words.
type Target struct{ OS, Arch string }

// The targets that Lambda runs, and this machine, for handlers that run here.
var (
	ARM64 = Target{"linux", "arm64"}
	AMD64 = Target{"linux", "amd64"}
	Host  = Target{runtime.GOOS, runtime.GOARCH}
)

// Handler is one Lambda function to build.
type Handler struct {
	Package string // import path: "example.com/shop/lambdas/payments"
	Func    string // an exported function of it: "Charge"
	Target  Target
	Errors  []MatchedError // what workflows match on; the order does not matter
	Refs    bool           // its types have payload.Refs: the main fetches and sends their values
}

// MatchedError is an error that a workflow's ErrorEquals names: the handler reports it under As when it is in the chain of the
// error that it returns.
type MatchedError struct {
	Package string // that declares it
	Name    string // of the type, or of the variable
	Value   bool   // a variable, matched with errors.Is; else a type, matched with errors.As
	Pointer bool   // of a type: *T is matched, and not T
	As      string // "OutOfStock"
}

func (e MatchedError) String() string {
	return lambdamain.TypeKey(path.Base(e.Package), e.Name, e.Pointer)
}

// Name is the handler as messages call it: "payments.Charge".
func (h Handler) Name() string { return path.Base(h.Package) + "." + h.Func }

// Package is one package of a handler, outside the standard library.
type Package struct {
	Path    string
	Version string `json:",omitempty"` // of its module; "" where its files decide
	Hash    string `json:",omitempty"` // hex SHA-256 of its files; "" where its version decides
	// Calls are the operations of AWS services that its files call, "dynamodb:GetItem"; only of packages whose files decide.
	Calls []string `json:",omitempty"`
}

// Artifact is a built handler.
type Artifact struct {
	Digest   string    // of the zip, as Lambda's CodeSha256 has it: base64 of SHA-256
	Size     int64     // of the zip, in bytes
	Path     string    // of the zip, in the cache
	Go       string    // the Go version that built it
	Packages []Package // sorted by path
	Cached   bool      `json:"-"` // nothing was built
}

// Builder builds the handlers of one checkout.
type Builder struct {
	Dir   string   // a folder of the main module or workspace
	Cache string   // folder for finished zips; "": stride/bundle in the user's cache folder
	Tags  []string // build tags beside lambda.norpc
	Force bool     // build even what the cache has
	// Memory is kept from one Build to the next; nil: nothing is.
	Memory *Memory
}

// Build makes an Artifact of each handler, in their order. Mistakes in the user's code are a *CompileError or diag.List.
func (b *Builder) Build(ctx context.Context, handlers []Handler) ([]Artifact, error) {
	store, err := openCache(b.Cache)
	if err != nil {
		return nil, err
	}
	groups, err := byTarget(handlers)
	if err != nil {
		return nil, err
	}
	artifacts := make([]Artifact, len(handlers))
	for _, g := range groups {
		if err := b.buildTarget(ctx, store, g, artifacts); err != nil {
			return nil, err
		}
	}
	return artifacts, nil
}

// unit is a handler on its way through a build.
type unit struct {
	Handler
	index    int    // in Build's arguments
	dir      string // of the generated main, which need not exist
	main     string // its text
	key      string // of the cache
	packages []Package
	deps     map[string]bool // import paths of packages
}

type group struct {
	target Target
	units  []*unit
}

func byTarget(handlers []Handler) ([]*group, error) {
	var groups []*group
	seen := map[string]bool{}
	for i, h := range handlers {
		id := fmt.Sprint(h.Package, " ", h.Func, h.Target)
		if seen[id] {
			return nil, fmt.Errorf("handler %s is listed twice for %s/%s", h.Name(), h.Target.OS, h.Target.Arch)
		}
		seen[id] = true
		h.Errors = slices.Clone(h.Errors)
		slices.SortFunc(h.Errors, func(a, b MatchedError) int {
			return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Name, b.Name))
		})
		h.Errors = slices.Compact(h.Errors) // of workflows that match the same
		at := slices.IndexFunc(groups, func(g *group) bool { return g.target == h.Target })
		if at < 0 {
			at, groups = len(groups), append(groups, &group{target: h.Target})
		}
		groups[at].units = append(groups[at].units, &unit{Handler: h, index: i})
	}
	return groups, nil
}

func (b *Builder) buildTarget(ctx context.Context, store *cache, g *group, artifacts []Artifact) error {
	if !b.Force && b.Memory.recall(b, g) && store.all(g.units, artifacts) {
		return nil
	}
	tool, err := b.toolFor(ctx, g)
	if err != nil {
		return err
	}
	defer os.RemoveAll(tool.temp)
	if err := tool.identify(ctx, g.units); err != nil {
		return err
	}
	b.Memory.note(b, g, tool)
	var missing []*unit
	for _, u := range g.units {
		a, ok := store.get(u.key)
		if !ok || b.Force {
			missing = append(missing, u)
		}
		artifacts[u.index] = a
	}
	if len(missing) == 0 {
		return nil
	}
	if err := tool.check(missing); err != nil {
		return err
	}
	out := filepath.Join(tool.temp, "out")
	if err := tool.build(ctx, out, missing); err != nil {
		return err
	}
	return each(missing, func(u *unit) (err error) {
		artifacts[u.index], err = store.pack(u, tool.version(), filepath.Join(out, filepath.Base(u.dir)))
		return err
	})
}

// each calls f for all units, as many at once as there are processors, and returns the first error in their order.
func each(units []*unit, f func(*unit) error) error {
	errs := make([]error, len(units))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, u := range units {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = f(u)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
