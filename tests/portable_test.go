package tests

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// TestVehicleOn32Bits builds what runs on vehicles for a processor of 32 bits, codes lists on it, since every processor writes the same octets, and
// decodes a million altered ones, where numbers overflow first.
func TestVehicleOn32Bits(t *testing.T) {
	onProcessor(t, "386", "build", "-o", os.DevNull, "./app/vehicle")
	onProcessor(t, "386", "test", "-run", "Known|Round|Edges|Slow|Index|Mutants", "./device/revocation")
}

// TestListsOnARM64 codes lists on the processor of most vehicle computers, in an emulator (Debian package qemu-user).
func TestListsOnARM64(t *testing.T) {
	args := []string{"test", "-run", "Known|Round|Edges|Slow"}
	if runtime.GOARCH != "arm64" {
		args = append(args, "-exec", "qemu-aarch64")
	}
	onProcessor(t, "arm64", append(args, "./device/revocation")...)
}

func onProcessor(t *testing.T, arch string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %v: %v\n%s", args, err, out)
	}
}
