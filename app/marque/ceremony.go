package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"marque/app/appliance"
	"marque/app/terminal"
	"marque/hsm"
)

const (
	lockoutFile     = "lockout-authorisation.txt"
	approvalKeyFile = "approval-key.pem"
	approvalKeyType = "PRIVATE KEY" // PKCS #8
	maxApprovalKey  = 4096          // octets of its file
	lockoutSize     = 32            // letters and digits

	lockoutText = `
The line above is the lockout authorisation of the TPM. It lets whoever holds it try wrong PINs without end, and forgives those that
were tried. Print it, put it into a sealed envelope, and erase this file.
`
)

var (
	errApprovalKey = errors.New("the approval key is not a P-256 key in PKCS #8 and PEM; bring the right file, or move this one away to have a new key made")
	errNotOurs     = errors.New("others can reach it, or it is not what it should be; name a folder for the ceremony with --ceremony that only you can read")
	errLockout     = errors.New("the lockout authorisation does not have 32 letters and digits; bring the right file, or move this one away")
)

// ceremony is what founding over a TPM brings about besides the authority, and what must not stay with it: one file each in a folder. What
// is there already is used, so that a founding that failed can be repeated with the same TPM. Nothing is overwritten.
type ceremony struct {
	Lockout     string `json:"lockout_authorisation,omitempty"` // the file; empty when the TPM has one from an earlier ceremony
	ApprovalKey string `json:"approval_key"`                    // the file

	lockout  []byte // nil when the TPM has one from an earlier ceremony
	officers crypto.Signer
}

// prepare fills the folder. The caller calls erase.
func prepare(dir, tpm string) (*ceremony, error) {
	needed, err := needsLockout(tpm)
	if err != nil {
		return nil, err
	}
	if err := seclude(dir); err != nil {
		return nil, err
	}
	c := &ceremony{ApprovalKey: filepath.Join(dir, approvalKeyFile)}
	if c.officers, err = approvalKey(c.ApprovalKey); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, lockoutFile)
	c.lockout, err = readLockout(file)
	if errors.Is(err, fs.ErrNotExist) && needed {
		c.lockout, err = newLockout(file)
	}
	switch {
	case err == nil:
		c.Lockout = file
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return c, nil
}

func (c *ceremony) newTPM(path string, pin []byte) appliance.NewTPM {
	return appliance.NewTPM{TPM: appliance.TPM{Path: path, PIN: pin}, Officers: c.officers, Lockout: c.lockout}
}

func (c *ceremony) erase() { clear(c.lockout) }

// text says what to do with the files.
func (c *ceremony) text() string {
	text := fmt.Sprintf("  lockout authorisation  %s\n    print it, put it into a sealed envelope, and erase the file: it forgives wrong PINs\n", c.Lockout)
	if c.Lockout == "" {
		text = "  lockout authorisation  the TPM has one already: it is in the envelope of the ceremony that set it\n"
	}
	return text + fmt.Sprintf("  approval key           %s\n    the officers take it away, and erase it here: it approves firmware and boot loader after an update\n", c.ApprovalKey) +
		"  backup                 none: no command makes one yet; if this TPM is lost or cleared, the realm is lost and must be founded anew\n"
}

// seclude makes the folder, or makes sure of one that is there: whoever else could write to it could have put a key or a lockout
// authorisation of their own there, to be used.
func seclude(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := ours(dir, fs.ModeDir); err != nil {
		return err
	}
	for _, name := range []string{approvalKeyFile, lockoutFile} {
		if err := ours(filepath.Join(dir, name), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// ours checks that a file or folder, and no link to one, belongs to this user, and that nobody else may read or write it.
func ours(path string, kind fs.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Type() != kind || info.Mode().Perm()&0o077 != 0 || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: %w", path, errNotOurs)
	}
	return nil
}

func needsLockout(path string) (bool, error) {
	t, err := hsm.OpenTPM(path, time.Now)
	if err != nil {
		return false, err
	}
	has, err := t.HasLockoutAuth()
	return !has, errors.Join(err, t.Close())
}

func readLockout(file string) ([]byte, error) {
	auth, err := terminal.Read(nil, file, lockoutSize+len(lockoutText))
	if err != nil {
		return nil, err
	}
	for i, b := range auth {
		letter := b >= 'A' && b <= 'Z' || b >= '2' && b <= '7'
		if i == lockoutSize && b == '\n' {
			clear(auth[i:])
			return auth[:i:i], nil
		}
		if !letter {
			break
		}
	}
	clear(auth)
	return nil, errLockout
}

func newLockout(file string) ([]byte, error) {
	auth, err := hsm.NewLockoutAuth(rand.Reader)
	if err != nil {
		return nil, err
	}
	text := append(append([]byte{}, auth...), lockoutText...)
	defer clear(text)
	if err := terminal.WriteNewPrivate(file, text); err != nil {
		clear(auth)
		return nil, err
	}
	return auth, nil
}

// approvalKey reads the officers' key, or makes it where there is none.
func approvalKey(file string) (crypto.Signer, error) {
	text, err := terminal.Read(nil, file, maxApprovalKey)
	if errors.Is(err, fs.ErrNotExist) {
		return newApprovalKey(file)
	}
	if err != nil {
		return nil, err
	}
	defer clear(text)
	block, _ := pem.Decode(text)
	if block == nil || block.Type != approvalKeyType {
		return nil, errApprovalKey
	}
	defer clear(block.Bytes)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errApprovalKey
	}
	if signer, ok := key.(*ecdsa.PrivateKey); ok && signer.Curve == elliptic.P256() {
		return signer, nil
	}
	return nil, errApprovalKey
}

func newApprovalKey(file string) (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("draw the approval key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the approval key: %w", err)
	}
	defer clear(der)
	text := pem.EncodeToMemory(&pem.Block{Type: approvalKeyType, Bytes: der})
	defer clear(text)
	return key, terminal.WriteNewPrivate(file, text)
}
