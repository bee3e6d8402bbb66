package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"marque/hsm/hsmtest"
)

// What the scripts about custody can do.

// tpms are the software TPMs of all scripts by the path of their socket.
var tpms sync.Map

// tpm VARIABLE sets a variable to the socket of a new software TPM, which runs until the end of all scripts.
func tpm(t *testing.T, ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1, "tpm VARIABLE")
	e := hsmtest.Start(t)
	tpms.Store(e.Path(), e)
	ts.Setenv(args[0], e.Path())
}

func emulator(ts *testscript.TestScript, path string) *hsmtest.Emulator {
	e, ok := tpms.Load(path)
	if !ok {
		ts.Fatalf("no TPM at %s", path)
	}
	return e.(*hsmtest.Emulator)
}

// extend SOCKET PCR TEXT makes a TPM measure something.
func extend(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 3, "extend SOCKET PCR TEXT")
	pcr, err := strconv.Atoi(args[1])
	ts.Check(err)
	emulator(ts, args[0]).Extend(pcr, args[2])
}

// restart SOCKET restarts the computer, as a TPM sees it.
func restart(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1, "restart SOCKET")
	emulator(ts, args[0]).Restart()
}

// typo FILE changes one character of the share card in a sheet to another that a card may have.
func typo(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1, "typo FILE")
	sheet := []byte(ts.ReadFile(args[0]))
	i := strings.Index(string(sheet), "MQ1S") + 60
	if sheet[i] == ' ' || sheet[i] == '\n' {
		i++
	}
	if sheet[i] != 'A' {
		sheet[i] = 'A'
	} else {
		sheet[i] = 'B'
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), sheet, 0o600))
}

// groups copies the first line of a file as somebody types it: in lower case, in groups of four.
func groups(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "groups FROM TO")
	line, _, _ := strings.Cut(strings.ToLower(ts.ReadFile(args[0])), "\n")
	var all []string
	for ; len(line) > 4; line = line[4:] {
		all = append(all, line[:4])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(append(all, line), " ")+"\n"), 0o600))
}

// element KEY VARIABLE reads the JSON list on the last command's stdout and sets a variable to a value of one of its objects.
func element(ts *testscript.TestScript, neg bool, args []string, i int) {
	need(ts, neg, len(args) == 2, "first|last KEY VARIABLE")
	var list []map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &list))
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		ts.Fatalf("the list has %d entries", len(list))
	}
	ts.Setenv(args[1], fmt.Sprint(list[i][args[0]]))
}

// waitfor FILE waits until there is such a file, for ten seconds at most.
func waitfor(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1, "waitfor FILE")
	for range 1000 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s did not come", args[0])
}
