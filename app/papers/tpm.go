package papers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"marque/app/terminal"
	"marque/hsm"
)

const (
	approvalKeyType = "PRIVATE KEY" // PKCS #8
	maxApprovalKey  = 4096          // octets of its file
	lockoutSize     = 32            // letters and digits

	lockoutText = `
The line above is the lockout authorisation of the TPM. It lets whoever holds it try wrong PINs without end, and forgives those that
were tried. Print it, put it into a sealed envelope, and erase this file.
`
)

// prepareTPM reads approval key and lockout authorisation, or makes what is missing.
func (p *Papers) prepareTPM(needed bool) (err error) {
	p.ApprovalKey = filepath.Join(p.Folder, ApprovalKeyFile)
	p.approvalKey, err = ReadApprovalKey(p.ApprovalKey)
	if errors.Is(err, fs.ErrNotExist) {
		p.approvalKey, err = newApprovalKey(p.ApprovalKey)
	}
	if err != nil {
		return err
	}
	file := filepath.Join(p.Folder, LockoutFile)
	p.lockout, err = readLockout(file)
	if errors.Is(err, fs.ErrNotExist) && needed {
		p.lockout, err = drawLockout(file)
	}
	switch {
	case err == nil:
		p.Lockout = file
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

func needsLockout(path string, clock func() time.Time) (bool, error) {
	t, err := hsm.OpenTPM(path, clock)
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
	return nil, ErrLockout
}

// TypedLockout makes a lockout authorisation of what was typed from paper, in place: of either case, in groups or not. A wrong one costs a
// day, so that none goes to the TPM that cannot be right.
func TypedLockout(text []byte) ([]byte, error) {
	auth := text[:0]
	for _, b := range text {
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		switch {
		case b == ' ' || b == '-':
		case b >= 'A' && b <= 'Z' || b >= '2' && b <= '7':
			auth = append(auth, b)
		default:
			return nil, ErrTypedLockout
		}
	}
	if len(auth) != lockoutSize {
		return nil, ErrTypedLockout
	}
	return auth, nil
}

func drawLockout(file string) ([]byte, error) {
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

// ReadApprovalKey reads the officers' key and returns its text, PKCS #8 in PEM, which the caller clears. Error: [ErrApprovalKey].
func ReadApprovalKey(file string) ([]byte, error) {
	text, err := terminal.Read(nil, file, maxApprovalKey)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != approvalKeyType {
		clear(text)
		return nil, ErrApprovalKey
	}
	defer clear(block.Bytes)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if signer, ok := key.(*ecdsa.PrivateKey); err == nil && ok && signer.Curve == elliptic.P256() {
		return text, nil
	}
	clear(text)
	return nil, ErrApprovalKey
}

func newApprovalKey(file string) ([]byte, error) {
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
	return text, terminal.WriteNewPrivate(file, text)
}
