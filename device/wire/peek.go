package wire

// Peeked is what a statement says as long as nobody has verified it.
type Peeked struct {
	Type    Type
	Realm   string // in which its signer claims to speak
	Payload []byte // as [OpenStatement] returns it
}

// PeekStatement reads a statement of any type without its signature, for programs that explain one to people: nothing but words on a
// screen may rest on it. It is as strict as [OpenStatement] otherwise: ErrTooLong, ErrEncoding, ErrType, ErrSPID.
func PeekStatement(b []byte) (*Peeked, error) {
	s, err := decodeStatement(b, max(MaxBundle, MaxManifest))
	if err != nil {
		return nil, err
	}
	if len(b) > s.typ.limit() {
		return nil, ErrTooLong
	}
	if err := CheckSPID(s.realm); err != nil {
		return nil, err
	}
	return &Peeked{Type: s.typ, Realm: s.realm, Payload: s.payload}, nil
}
