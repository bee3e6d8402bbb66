// Package hsmtest gives tests a TPM of their own: swtpm, the software TPM that Debian packages, on a Unix socket.
//
// What lives here: starting, killing and restarting swtpm, and a recorder of what goes over the wire. What may not: anything that a
// program links, and any stand-in for a TPM that is not swtpm.
package hsmtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2"
)

const (
	startWait   = 10 * time.Millisecond
	startTries  = 500
	maxResponse = 4096 // octets, MAX_RESPONSE_SIZE of the reference implementation
	headerSize  = 10   // octets: tag, size, response code
)

// Emulator is one swtpm with its state in a folder of its own. It implements transport.TPM with a connection for each command, so that
// several users take turns. Send is safe for concurrent use; the other methods are not.
type Emulator struct {
	t    testing.TB
	dir  string
	cmd  *exec.Cmd
	log  *bytes.Buffer
	mu   sync.Mutex
	wire [][]byte // commands and responses in turn, as they were sent
}

// Start starts a new TPM, manufactured and started up, that the end of the test kills. Where swtpm is missing the test fails.
func Start(t testing.TB) *Emulator {
	t.Helper()
	dir, err := os.MkdirTemp("", "swtpm") //nolint:usetesting // t.TempDir holds the test's name, and a socket's path only 107 octets
	if err != nil {
		t.Fatal(err)
	}
	e := &Emulator{t: t, dir: dir}
	t.Cleanup(func() {
		e.Kill()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	e.Restart()
	return e
}

// Path returns the path of the socket.
func (e *Emulator) Path() string { return filepath.Join(e.dir, "s") }

// Kill ends swtpm by SIGKILL, as a power cut would: without TPM2_Shutdown. It does nothing when swtpm does not run.
func (e *Emulator) Kill() {
	e.t.Helper()
	if e.cmd == nil {
		return
	}
	if err := e.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		e.t.Errorf("kill swtpm: %v", err)
	}
	_ = e.cmd.Wait() // says that it was killed
	e.cmd = nil
}

// Restart kills swtpm and starts it again on the same state: a reboot. The PCRs are zero afterwards.
func (e *Emulator) Restart() {
	e.t.Helper()
	e.Kill()
	program, err := exec.LookPath("swtpm")
	if err != nil {
		e.t.Fatalf("these tests run against a software TPM: install the Debian package swtpm (%v)", err)
	}
	control := e.Path() + ".ctl"
	for _, path := range []string{e.Path(), control} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			e.t.Fatal(err)
		}
	}
	e.log = new(bytes.Buffer)
	e.cmd = exec.Command(program, "socket", //nolint:gosec // a program of the PATH, for tests
		"--tpm2", "--tpmstate", "dir="+e.dir, "--server", "type=unixio,path="+e.Path(),
		"--ctrl", "type=unixio,path="+control, "--flags", "not-need-init,startup-clear", "--seccomp", "action=none")
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	if err := e.cmd.Start(); err != nil {
		e.t.Fatalf("start swtpm: %v", err)
	}
	e.await()
}

// await returns when swtpm answers a command.
func (e *Emulator) await() {
	e.t.Helper()
	var err error
	for range startTries {
		if _, err = (tpm2.GetCapability{Capability: tpm2.TPMCapTPMProperties, PropertyCount: 1}).Execute(silent{e}); err == nil {
			return
		}
		time.Sleep(startWait)
	}
	e.Kill()
	e.t.Fatalf("swtpm does not answer: %v\n%s", err, e.log)
}

// silent is an Emulator whose traffic is not recorded.
type silent struct{ e *Emulator }

func (s silent) Send(command []byte) ([]byte, error) { return s.e.exchange(command) }

// Send implements transport.TPM. It records the command and the response, and retries nothing.
func (e *Emulator) Send(command []byte) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wire = append(e.wire, bytes.Clone(command))
	response, err := e.exchange(command)
	e.wire = append(e.wire, bytes.Clone(response))
	return response, err
}

// Close implements transport.TPMCloser. The TPM runs on.
func (*Emulator) Close() error { return nil }

func (e *Emulator) exchange(command []byte) (response []byte, err error) {
	c, err := net.Dial("unix", e.Path())
	if err != nil {
		return nil, fmt.Errorf("connect to swtpm: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := c.Write(command); err != nil {
		return nil, fmt.Errorf("send to swtpm: %w", err)
	}
	response = make([]byte, maxResponse)
	if _, err := io.ReadFull(c, response[:headerSize]); err != nil {
		return nil, fmt.Errorf("receive from swtpm: %w", err)
	}
	size := binary.BigEndian.Uint32(response[2:])
	if size < headerSize || size > maxResponse {
		return nil, fmt.Errorf("receive from swtpm: a response of %d octets", size)
	}
	if _, err := io.ReadFull(c, response[headerSize:size]); err != nil {
		return nil, fmt.Errorf("receive from swtpm: %w", err)
	}
	return response[:size], nil
}

// Recorded returns what Send sent and received so far, commands and responses in turn, and forgets it.
func (e *Emulator) Recorded() [][]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	wire := e.wire
	e.wire = nil
	return wire
}

// Extend changes a PCR of the bank of SHA-256, as other firmware or another boot loader does.
func (e *Emulator) Extend(pcr int, measurement string) {
	e.t.Helper()
	digest := make([]byte, 32)
	copy(digest, measurement)
	_, err := tpm2.PCRExtend{
		PCRHandle: tpm2.AuthHandle{Handle: tpm2.TPMHandle(pcr), Auth: tpm2.PasswordAuth(nil)},
		Digests: tpm2.TPMLDigestValues{Digests: []tpm2.TPMTHA{{
			HashAlg: tpm2.TPMAlgSHA256, Digest: digest,
		}}},
	}.Execute(silent{e})
	if err != nil {
		e.t.Fatalf("extend PCR %d: %v", pcr, err)
	}
}
