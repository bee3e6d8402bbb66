package onem2m

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A watcher gets messages as they come, each once, and ends well when it is interrupted. What is posted here was signed before.
func TestWatch(t *testing.T) {
	f, c := newFleet(t), &cse{}
	at := c.start(t)
	watcher := exec.Command(program, "fetch", "--dir", f.park, "--at", at, "--as", "Cparking", "--json", "--watch", "1s")
	out, err := watcher.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watcher.Start(); err != nil {
		t.Fatal(err)
	}
	defer watcher.Process.Kill()
	lines := bufio.NewScanner(out)
	file := filepath.Join(t.TempDir(), "message")
	for _, payload := range []string{"at stop one", "at stop two"} {
		for _, args := range [][]string{
			{"sign", "--dir", f.bus, "--out", file},
			{"post", "--dir", f.bus, "--message", "--in", file, "--at", at, "--as", "Cbus"},
			{"post", "--dir", f.bus, "--message", "--in", file, "--at", at, "--as", "Cbus"}, // somebody posts it again
		} {
			if _, problems, err := vehicle(t, payload, args...); err != nil {
				t.Fatalf("%v: %s", err, problems)
			}
		}
		var g got
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &g) != nil || g.Sender != busAddress || string(g.Payload) != payload {
			t.Fatalf("the watcher says %q, want %q", lines.Text(), payload)
		}
	}
	if err := watcher.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if lines.Scan() {
		t.Errorf("the watcher says %q, too", lines.Text())
	}
	if err := watcher.Wait(); err != nil {
		t.Errorf("the watcher ended with %v", err)
	}
}
