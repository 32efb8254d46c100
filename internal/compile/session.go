package compile

import (
	"go/token"
	"go/types"
	"os"
	"slices"
	"sync"
)

// Session reads the source of workflows again and again, as `stride dev` does: what has not changed since is not read anew. Its
// methods, and those of its Sources, may be called from any goroutine.
type Session struct {
	mu      sync.Mutex
	dir     string
	overlay map[string][]byte
	fset    *token.FileSet
	listing *listing                  // nil: nothing is known
	needed  map[string][]*parsed      // the files of the user's packages that were needed since, by import path
	files   map[string]*parsed        // by path
	checked map[string]*checked       // by import path
	full    map[string]bool           // the packages whose functions' bodies the last Load needed
	outside map[string]*types.Package // packages that are not the user's, by import path
}

// NewSession is a session for the module around dir.
func NewSession(dir string) *Session { return &Session{dir: dir} }

// Load reads the source of workflows as it is now: their packages, and those of the module whose functions and variables they use.
func (s *Session) Load(workflows []Workflow) (*Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	prog, err := s.load(workflows)
	if err != nil {
		return nil, err
	}
	return &Source{mu: &s.mu, prog: prog}, nil
}

func (s *Session) load(workflows []Workflow) (*program, error) {
	var roots []string
	for _, w := range workflows {
		roots = append(roots, w.Package)
	}
	slices.Sort(roots)
	roots = slices.Compact(roots)
	if s.holds(roots) {
		// What goes wrong may come of packages that were not needed when they were listed.
		if prog, err := s.check(workflows); err == nil {
			return prog, nil
		}
	}
	if err := s.list(roots); err != nil {
		return nil, err
	}
	return s.check(workflows)
}

// list asks the go command anew. Where import paths mean what they did, the files and packages that did not change are kept.
func (s *Session) list(roots []string) error {
	if s.listing == nil || !s.listing.modules.Holds() {
		s.fset, s.full = token.NewFileSet(), map[string]bool{}
		s.files, s.checked, s.outside = map[string]*parsed{}, map[string]*checked{}, map[string]*types.Package{}
	}
	s.listing = nil
	l, err := list(s.dir, s.overlay, roots)
	if err == nil {
		s.listing, s.needed = l, map[string][]*parsed{}
	}
	return err
}

// holds says whether go list would say the same again. It reads the files that were needed before.
func (s *Session) holds(roots []string) bool {
	if s.listing == nil || !slices.Equal(s.listing.roots, roots) || !s.listing.modules.Holds() || !s.listing.folders.Holds() {
		return false
	}
	for path, before := range s.needed {
		for i, now := range s.readAll(s.listing.packages[path]) {
			if now.head != before[i].head {
				return false
			}
		}
	}
	return true
}

// readAll reads a package's files as they are now, and parses those that changed, side by side.
func (s *Session) readAll(p *listed) []*parsed {
	paths := p.sources()
	out := make([]*parsed, len(paths))
	var wg sync.WaitGroup
	for i, path := range paths {
		text, ok := s.overlay[path]
		if !ok {
			text, _ = os.ReadFile(path) // one that is gone does not parse
		}
		before := s.files[path]
		if before != nil && before.text == string(text) {
			out[i] = before
			continue
		}
		wg.Go(func() { out[i] = parse(s.fset, path, string(text)) })
	}
	wg.Wait()
	for i, path := range paths {
		s.files[path] = out[i]
	}
	return out
}
