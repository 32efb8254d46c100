package bundle

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/stride-aws/stride/internal/golden"
)

// shop writes the module in testdata/NAME.txtar to a new folder, with our go.sum: tests use the modules that we use.
func shop(t testing.TB, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range append(archive.Files, txtar.File{Name: "go.sum", Data: sum}) {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	return dir
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var (
	charge = Handler{Package: "example.com/shop/lambdas/pay", Func: "Charge", Target: ARM64,
		Errors: []MatchedError{{Package: "example.com/shop/lambdas/pay", Name: "Declined", As: "Declined"},
			{Package: "example.com/shop/lambdas/pay", Name: "Declined", As: "Declined"}, // of another workflow
			{Package: "example.com/shop/lambdas/pay", Name: "ErrLimit", Value: true, As: "ErrLimit"}}}
	refund = Handler{Package: "example.com/shop/lambdas/pay", Func: "Refund", Target: ARM64}
	greet  = Handler{Package: "example.com/shop/lambdas/internal/greet", Func: "Greet", Target: ARM64}
	all    = []Handler{charge, refund, greet}
)

func build(t testing.TB, b *Builder, handlers ...Handler) []Artifact {
	t.Helper()
	artifacts, err := b.Build(context.Background(), handlers)
	if err != nil {
		t.Fatal(err)
	}
	return artifacts
}

func TestBuildIsTheSameInEveryFolder(t *testing.T) {
	one, two := shop(t, "shop"), shop(t, "shop")
	before := tree(t, one)
	a := build(t, &Builder{Dir: one, Cache: t.TempDir()}, all...)
	b := build(t, &Builder{Dir: filepath.Join(two, "lambdas"), Cache: t.TempDir()}, refund, greet, charge)
	if diff := cmp.Diff(before, tree(t, one)); diff != "" {
		t.Errorf("the build wrote into the tree:\n%s", diff)
	}
	for i, j := range []int{2, 0, 1} {
		if a[i].Digest != b[j].Digest {
			t.Errorf("%s: digests %s and %s in two folders", all[i].Name(), a[i].Digest, b[j].Digest)
		}
		checkZip(t, a[i])
	}
	if a[0].Digest == a[1].Digest {
		t.Error("two handlers have one digest")
	}
}

func checkZip(t *testing.T, a Artifact) {
	t.Helper()
	data, err := os.ReadFile(a.Path)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(data); base64.StdEncoding.EncodeToString(sum[:]) != a.Digest || int64(len(data)) != a.Size {
		t.Errorf("%s is not the file that the artifact describes", a.Path)
	}
	r, err := zip.OpenReader(a.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode() != 0o755 || r.File[0].Modified.Year() != 1980 {
		t.Errorf("zip holds %v, mode %v, time %v", r.File[0].Name, r.File[0].Mode(), r.File[0].Modified)
	}
}

// TestCalls: a package's calls of AWS services are those whose inputs it names, whatever the file calls the service's package.
func TestCalls(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.go"), `package a

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	store "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func f(d *dynamodb.Client, s *store.Client) {
	_, _ = d.GetItem(nil, &dynamodb.GetItemInput{})
	_ = store.NewListObjectsV2Paginator(s, &store.ListObjectsV2Input{})
	var again *dynamodb.GetItemInput
	_, _ = types.ObjectInput{}, again
}
`)
	calls := sdkCalls(&listed{Dir: dir, GoFiles: []string{"a.go"}})
	if diff := cmp.Diff([]string{"dynamodb:GetItem", "s3:ListObjectsV2"}, calls); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOnlyWhatChangedIsBuilt(t *testing.T) {
	dir := shop(t, "shop")
	b := &Builder{Dir: dir, Cache: t.TempDir(), Memory: &Memory{}}
	forgetful := &Builder{Dir: dir, Cache: b.Cache}
	build(t, b, all...)
	for _, tt := range []struct {
		name, file, text string
		want             []string // rebuilt
	}{
		{"nothing", "", "", nil},
		{"a file outside", "README.md", "x", nil},
		{"a test", "lambdas/pay/pay_test.go", "package pay", nil},
		{"another Go file", "lambdas/pay/more.go", "package pay\n\nconst More = 1\n", []string{"pay.Charge", "pay.Refund"}},
		{"another platform's file", "lambdas/pay/more_windows.go", "package pay\n\nconst Win = 1\n", nil},
		{"an embedded file", "lambdas/internal/greet/hello.txt", "hi", []string{"greet.Greet"}},
		{"a file left out", "lambdas/pay/most.go", "//go:build never\n\npackage pay\n\nconst Most = 1\n", nil},
		{"the file taken in", "lambdas/pay/most.go", "package pay\n\nconst Most = 1\n", []string{"pay.Charge", "pay.Refund"}},
		{"a replaced module", "money/money.go", "package money\n\nconst Cent = 0.010\n", []string{"pay.Charge", "pay.Refund"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file != "" {
				write(t, filepath.Join(dir, tt.file), tt.text)
			}
			var got []string
			for i, a := range build(t, b, all...) {
				if !a.Cached {
					got = append(got, all[i].Name())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rebuilt (-want +got):\n%s", diff)
			}
			for i, a := range build(t, forgetful, all...) {
				if !a.Cached {
					t.Errorf("the memory took %s for unchanged", all[i].Name())
				}
			}
		})
	}
	changed := charge
	changed.Errors = nil
	if a := build(t, b, changed); a[0].Cached {
		t.Error("a handler that matches other errors came from the cache")
	}
	if a := build(t, &Builder{Dir: dir, Cache: b.Cache, Force: true}, refund); a[0].Cached {
		t.Error("Force took a zip from the cache")
	}
}

func TestWorkspace(t *testing.T) {
	dir := shop(t, "workspace")
	if err := os.Rename(filepath.Join(dir, "go.sum"), filepath.Join(dir, "a", "go.sum")); err != nil {
		t.Fatal(err)
	}
	b := &Builder{Dir: dir, Cache: t.TempDir()}
	handlers := []Handler{{Package: "example.com/shop/run", Func: "Run", Target: AMD64}, {Package: "example.com/lib/count", Func: "Letters", Target: AMD64}}
	build(t, b, handlers...)
	write(t, filepath.Join(dir, "b", "count", "count.go"), "package count\n\nfunc Letters(text string) (int, error) { return len(text) + 1, nil }\n")
	for i, a := range build(t, b, handlers...) {
		if a.Cached {
			t.Errorf("%s contains what changed, and came from the cache", handlers[i].Name())
		}
	}
}

func TestHandlerOfAnotherModule(t *testing.T) {
	dir := shop(t, "shop")
	before := tree(t, dir)
	audit := Handler{Package: "example.com/money", Func: "Audit", Target: ARM64}
	checkZip(t, build(t, &Builder{Dir: filepath.Join(dir, "lambdas"), Cache: t.TempDir()}, audit, greet)[0])
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the build wrote into the tree:\n%s", diff)
	}
}

func TestPackagesSayWhatDecides(t *testing.T) {
	a := build(t, &Builder{Dir: shop(t, "shop"), Cache: t.TempDir()}, refund)
	var got []string
	for _, p := range a[0].Packages {
		decides := p.Version
		if p.Hash != "" {
			decides = "its files"
		}
		got = append(got, p.Path+": "+decides)
	}
	const sdk = "github.com/aws/aws-lambda-go"
	want := []string{
		"example.com/money: its files", "example.com/shop/lambdas/pay: its files",
		sdk + "/lambda: " + sdk + "@v1.55.1", sdk + "/lambda/handlertrace: " + sdk + "@v1.55.1",
		sdk + "/lambda/messages: " + sdk + "@v1.55.1", sdk + "/lambdacontext: " + sdk + "@v1.55.1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesAreTold(t *testing.T) {
	dir := shop(t, "mistakes")
	b := &Builder{Dir: dir, Cache: t.TempDir()}
	const pkg = "example.com/shop/"
	for _, tt := range []struct{ pkg, fn, want string }{
		{"broken", "Run", "broken.Run does not compile:\nbroken/broken.go:4:9: undefined: nothing\nbroken/broken.go:5:30: cannot use \"x\" (untyped string constant) as int value in return statement"},
		{"unparsed", "Run", "unparsed.Run does not compile:\nunparsed/unparsed.go:3:1: syntax error: non-declaration statement outside function body"},
		{"importer", "Run", "importer.Run does not compile:\nimporter/importer.go:3:8: package nowhere is not in std"},
		{"absent", "Run", "package example.com/shop/absent of handler Run: "},
		{"command", "Run", "handler command.Run is in package main (example.com/shop/command), which cannot be imported; move it to a package of its own"},
		{"sig", "run", "sig/sig.go:12:6: sig.run is not exported; " + wanted},
		{"sig", "Rnu", "package example.com/shop/sig has no function Rnu"},
		{"sig", "RUN", "sig/sig.go:12:6: package example.com/shop/sig has no function RUN; did you mean run?"},
		{"sig", "Method", "sig/sig.go:14:10: sig.Method is a method"},
		{"sig", "Variable", "sig/sig.go:15:5: sig.Variable is not a function declaration"},
		{"sig", "Generic", "sig/sig.go:16:6: sig.Generic is generic"},
		{"sig", "Three", "sig.Three takes 3 parameters"},
		{"sig", "NoContext", "sig.NoContext takes two parameters, of which the first is not a context.Context"},
		{"sig", "ThreeResults", "sig.ThreeResults returns 3 values"},
		{"sig", "NoError", "sig.NoError returns two values, of which the second is not an error"},
		{"sig", "OnlyValue", "sig.OnlyValue returns one value, which is not an error"},
		{"sig", "Channel", "sig.Channel takes a channel"},
		{"sig", "Reader", "sig.Reader takes an interface"},
		{"sig", "Variadic", "sig.Variadic takes any number of inputs"},
		{"sig", "TwoContexts", "sig.TwoContexts takes a context.Context as its input"},
	} {
		t.Run(tt.pkg+"."+tt.fn, func(t *testing.T) {
			_, err := b.Build(context.Background(), []Handler{{Package: pkg + tt.pkg, Func: tt.fn, Target: ARM64}})
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) && !strings.Contains(err.Error(), ": "+tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	if entries, _ := os.ReadDir(b.Cache); len(entries) > 0 {
		t.Errorf("mistakes left %d files in the cache", len(entries))
	}
}

func TestSignaturesThatLambdaCalls(t *testing.T) {
	var handlers []Handler
	for _, fn := range []string{"Nothing", "Error", "In_", "InError", "Out", "InOut", "Ctx", "CtxError", "CtxOut", "CtxIn", "CtxInError", "CtxInOut", "Alias", "Any", "Raw", "Named"} {
		handlers = append(handlers, Handler{Package: "example.com/shop/good", Func: fn, Target: ARM64})
	}
	b := &Builder{Dir: shop(t, "mistakes")}
	g := &group{target: ARM64}
	for _, h := range handlers {
		g.units = append(g.units, &unit{Handler: h})
	}
	tool, err := b.toolFor(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tool.temp)
	if err := tool.identify(context.Background(), g.units); err != nil {
		t.Fatal(err)
	}
	if err := tool.check(g.units); err != nil {
		t.Error(err)
	}
}

func TestBuildRefuses(t *testing.T) {
	b := &Builder{Dir: t.TempDir(), Cache: t.TempDir()}
	if _, err := b.Build(context.Background(), []Handler{charge}); err == nil || !strings.HasSuffix(err.Error(), "is not in a Go module; run 'go mod init' first") {
		t.Errorf("outside a module: %v", err)
	}
	if _, err := b.Build(context.Background(), []Handler{charge, charge}); err == nil || err.Error() != "handler pay.Charge is listed twice for linux/arm64" {
		t.Errorf("twice: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.Build(ctx, []Handler{charge}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestGenerate(t *testing.T) {
	h := charge
	h.Errors = append(slices.Clone(h.Errors), MatchedError{Package: "example.com/money", Name: "ErrPoor", Value: true, As: "ErrPoor"})
	groups, err := byTarget([]Handler{h})
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/main.golden", generate(groups[0].units[0].Handler))
}
