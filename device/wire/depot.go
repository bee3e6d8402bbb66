package wire

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"time"
)

// Registration is what a depot asks an authority to register: payload of a statement of type depot, which is signed with the very key
// that it states. Who sent it is not known then: that, a person compares by the words of RegistrationHash.
type Registration struct {
	Core [32]byte // hash of the core of its realm
	Name string   // as in an address; see CheckName
	Key  [32]byte // Ed25519; verifies what the depot hands over
	Time time.Time
}

type registrationArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Core    [32]byte
	Name    string
	Key     [32]byte
	Time    uint64
}

// Marshal returns the encoding of r: ErrName, ErrStatementKey, ErrTime.
func (r *Registration) Marshal() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("depot: %w", err)
	}
	return encode(&registrationArray{Version: 1, Core: r.Core, Name: r.Name, Key: r.Key, Time: unixSeconds(r.Time)}), nil
}

// ParseRegistration reads the payload of a statement of type depot.
func ParseRegistration(b []byte) (*Registration, error) {
	var a registrationArray
	if err := decode(b, MaxStatement, &a); err != nil {
		return nil, fmt.Errorf("depot: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("depot: %w: version must be 1", ErrValue)
	}
	r := &Registration{Core: a.Core, Name: a.Name, Key: a.Key, Time: fromSeconds(a.Time)}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("depot: %w", err)
	}
	return r, nil
}

func (r *Registration) check() error {
	if err := checkDepot(r.Name, r.Key); err != nil {
		return err
	}
	return checkTime(r.Time, time.Second)
}

// checkDepot checks what names a depot.
func checkDepot(name string, key [32]byte) error {
	if err := CheckName(name); err != nil {
		return err
	}
	return checkStatementKey(key)
}

// SignRegistration signs a registration in realm with the key that it states.
func SignRegistration(depot crypto.Signer, realm string, r *Registration) ([]byte, error) {
	payload, err := r.Marshal()
	if err != nil {
		return nil, err
	}
	return signAs(depot, TypeDepot, realm, payload, r.Key)
}

// OpenRegistration verifies a statement of type depot in the realm of core. Errors: as OpenStatement's.
func OpenRegistration(b []byte, core *Core) (*Registration, error) {
	s, err := parseStatement(b, TypeDepot)
	if err != nil {
		return nil, err
	}
	r, err := ParseRegistration(s.payload)
	if err != nil {
		return nil, err
	}
	return r, s.verifyIn(core, r.Core, r.Key)
}

// RegistrationHash returns SHA-256(LP("marque/v1/depot") ‖ statement), whose eight words two people compare.
func RegistrationHash(statement []byte) [32]byte { return labelled("marque/v1/depot", statement) }

// RegistrationText returns a registration as the text of its QR code: MQ1D, and as RequestText.
func RegistrationText(b []byte) string { return textOf(registrationMark, b) }

// ParseRegistrationText is the inverse of RegistrationText, and as strict as ParseRequestText.
func ParseRegistrationText(s string) ([]byte, error) {
	return parseText("registration", registrationMark, s, MaxStatement)
}

// signAs signs a statement with a key that stands in it.
func signAs(signer crypto.Signer, t Type, realm string, payload []byte, key [32]byte) ([]byte, error) {
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok || len(public) != ed25519.PublicKeySize || [32]byte(public) != key {
		return nil, fmt.Errorf("sign %s: %w: it is not the one that it states", t, ErrStatementKey)
	}
	return SignStatement(signer, t, realm, payload)
}

// verifyIn verifies a statement that names its core and the key that signed it.
func (s *statement) verifyIn(core *Core, named, key [32]byte) error {
	if named != core.Hash() {
		return fmt.Errorf("statement of type %s: %w: it names another core", s.typ, ErrRealm)
	}
	return s.verify(core.Realm, key)
}
