// Package e2e runs the two command-line programs as a person would: the whole path by hand, the demonstration, and every kind of bad
// input. Each script in testdata is one story, told in an empty folder.
package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"marque/app/usb/usbtest"
)

// programs is where the built programs are.
var programs string

func TestMain(m *testing.M) {
	os.Exit(usbtest.Run(func() int {
		code, err := buildAndRun(m)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	}))
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "marque-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	programs = dir
	for name, pkg := range map[string]string{"marque": "marque/app/marque", "marque-vehicle": "marque/app/vehicle"} {
		build := exec.Command("go", "build", "-tags", "gles", "-buildvcs=false", "-o", filepath.Join(dir, name), pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return m.Run(), nil
}

// touchSources looks at every folder of the module, so that go test's cache knows that the result depends on them.
func touchSources() error {
	return filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "bin") {
			return fs.SkipDir
		}
		return err
	})
}

func TestScripts(t *testing.T) {
	if err := touchSources(); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           func(cond string) (bool, error) { return conditions(t, cond) },
		Setup: func(env *testscript.Env) error {
			env.Setenv("PROGRAMS", programs)
			env.Setenv("PATH", programs+string(os.PathListSeparator)+env.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"field":        field,
			"flip":         flip,
			"cut":          cut,
			"wall":         wall,
			"code":         code,
			"photo":        photo,
			"freeport":     freeport,
			"usage":        usage,
			"replace":      replace,
			"zeros":        zeros,
			"foundago":     foundago,
			"typo":         typo,
			"first":        func(ts *testscript.TestScript, neg bool, args []string) { element(ts, neg, args, 0) },
			"last":         func(ts *testscript.TestScript, neg bool, args []string) { element(ts, neg, args, -1) },
			"waitfor":      waitfor,
			"extend":       extend,
			"requests":     requests,
			"issued":       issued,
			"restart":      restart,
			"stick":        stick,
			"typed":        typed,
			"some":         some,
			"scanner":      scanner,
			"photographed": photographed,
			"tpm":          func(ts *testscript.TestScript, neg bool, args []string) { tpm(t, ts, neg, args) },
			"groups":       groups,
		},
	})
}
