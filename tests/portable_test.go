package tests

import (
	"os"
	"os/exec"
	"testing"
)

// TestVehicleOn32Bits builds what runs on vehicles for a processor of 32 bits, and codes lists on it: every processor writes the same octets.
func TestVehicleOn32Bits(t *testing.T) {
	for _, args := range [][]string{
		{"build", "-o", os.DevNull, "./app/vehicle"},
		{"test", "-run", "Known|Round|Edges|Slow|Index", "./device/revocation"},
	} {
		cmd := exec.Command("go", args...)
		cmd.Dir = root(t)
		cmd.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %v: %v\n%s", args, err, out)
		}
	}
}
