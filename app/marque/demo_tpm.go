package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"marque/app/ceremony"
	"marque/hsm"
)

const (
	softTPMWait  = 10 * time.Millisecond
	softTPMTries = 500
	maxSocket    = 107 // octets of a Unix socket's path
)

var (
	errNoSoftTPM   = errors.New("there is no swtpm on this computer; install the Debian package swtpm, or name a TPM with --tpm")
	errSoftTPMPath = errors.New("the folder's path is too long for a Unix socket in it; name one with --dir whose path is shorter")
	errTPMFlag     = errors.New("a TPM was named, but the vault is to be one without; add --vault tpm")
)

// demoVault is the choice of a vault for the demonstration.
type demoVault struct {
	kind string
	tpm  string // empty for a software TPM of the demonstration's own
}

func (v *demoVault) check() error {
	switch {
	case v.kind != ceremony.VaultPassphrase && v.kind != ceremony.VaultTPM:
		return errVault
	case v.kind == ceremony.VaultPassphrase && v.tpm != "":
		return errTPMFlag
	}
	return nil
}

// softTPM is a software TPM that the demonstration started and has to end.
type softTPM struct {
	socket  string
	process *exec.Cmd
}

// provide starts a software TPM if the vault needs one, says so, and returns it, or nil.
func (v *demoVault) provide(out io.Writer, dir string) (*softTPM, error) {
	if v.kind != ceremony.VaultTPM || v.tpm != "" {
		return nil, nil // there is none to end
	}
	s, err := startSoftTPM(filepath.Join(dir, "tpm"))
	if err != nil {
		return nil, err
	}
	v.tpm = s.socket
	fmt.Fprintf(out, "A software TPM stands in for that of a computer: swtpm, process %d, until the demonstration ends\n\n", s.process.Process.Pid)
	return s, nil
}

// startSoftTPM returns when the TPM answers. Its state stays in the folder.
func startSoftTPM(dir string) (*softTPM, error) {
	program, err := exec.LookPath("swtpm")
	if err != nil {
		return nil, errNoSoftTPM
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	s := &softTPM{socket: filepath.Join(dir, "socket")}
	control := s.socket + ".ctl"
	if len(control) > maxSocket {
		return nil, errSoftTPMPath
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	s.process = exec.Command(program, "socket", "--tpm2", "--tpmstate", "dir="+dir, //nolint:gosec // the system's, ended by close
		"--server", "type=unixio,path="+s.socket, "--ctrl", "type=unixio,path="+control, "--flags", "not-need-init,startup-clear")
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // should the demonstration be killed
	runtime.LockOSThread()                                                   // the signal comes with the end of this thread
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start swtpm: %w", err)
	}
	for range softTPMTries {
		var t *hsm.TPM
		if t, err = hsm.OpenTPM(s.socket, time.Now); err == nil {
			return s, t.Close()
		}
		time.Sleep(softTPMWait)
	}
	return nil, errors.Join(fmt.Errorf("swtpm does not answer: %w", err), s.close())
}

// close ends the process that was started, and no other.
func (s *softTPM) close() error {
	if s == nil {
		return nil
	}
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end swtpm: %w", err)
	}
	_ = s.process.Wait() // says that it was ended
	return nil
}
