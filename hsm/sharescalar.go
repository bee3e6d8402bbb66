package hsm

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/secretsharing"
)

// curve is ristretto255 (RFC 9496). Over it, and not over the NIST curves, circl shares in constant time.
var curve = group.Ristretto255

// dealing is a random scalar f(0), shared: value i is f(i) for a random polynomial f of degree m − 1, and the points commit to
// the polynomial's coefficients, constant first (Feldman 1987).
type dealing struct {
	secret [scalarSize]byte
	points [][pointSize]byte
	values map[int][scalarSize]byte // by index
}

// deal draws a scalar and a polynomial and evaluates it at the indexes, which are not zero. The randomness is crypto/rand's:
// circl's ristretto255 takes no other reader. Its copies of the polynomial stay in memory until the collector takes them.
func deal(m int, indexes []int) (*dealing, error) {
	secret := curve.RandomNonZeroScalar(rand.Reader)
	defer secret.SetUint64(0)
	sharing := secretsharing.New(rand.Reader, uint(m-1), secret) // circl's threshold is how many shares do NOT suffice
	d := &dealing{secret: scalarBytes(secret), values: make(map[int][scalarSize]byte, len(indexes))}
	for _, c := range sharing.CommitSecret() {
		d.points = append(d.points, elementBytes(c))
	}
	if _, err := decodePoints(d.points); err != nil || len(d.points) != m { // a coefficient of zero: once in 2^252
		return nil, errors.New("deal shares: the random generator repeats itself: replace the machine")
	}
	for _, i := range indexes {
		share := sharing.ShareWithID(scalarOf(i))
		d.values[i] = scalarBytes(share.Value)
		share.Value.SetUint64(0)
	}
	return d, nil
}

func (d *dealing) erase() {
	clear(d.secret[:])
	clear(d.values)
}

// fits reports whether value is the polynomial's at index.
func fits(points [][pointSize]byte, index int, value *[scalarSize]byte) bool {
	commitment, err := decodePoints(points)
	if err != nil {
		return false
	}
	v := curve.NewScalar()
	if v.UnmarshalBinary(value[:]) != nil {
		return false
	}
	defer v.SetUint64(0)
	return secretsharing.Verify(uint(len(points)-1), secretsharing.Share{ID: scalarOf(index), Value: v}, commitment)
}

// rebuild returns f(0) of the polynomial of degree len(values) − 1 through the values.
func rebuild(values map[int]*[scalarSize]byte) (secret [scalarSize]byte, err error) {
	shares := make([]secretsharing.Share, 0, len(values))
	for i, value := range values {
		v := curve.NewScalar()
		if err := v.UnmarshalBinary(value[:]); err != nil {
			return secret, fmt.Errorf("share %d: %w", i, ErrShare)
		}
		defer v.SetUint64(0)
		shares = append(shares, secretsharing.Share{ID: scalarOf(i), Value: v})
	}
	s, err := secretsharing.Recover(uint(len(shares)-1), shares)
	if err != nil {
		return secret, fmt.Errorf("combine shares: %w", err)
	}
	defer s.SetUint64(0)
	return scalarBytes(s), nil
}

// interpolate returns the commitments to the coefficients of the polynomial of degree len(x) − 1 with f(x[i]) = y[i]: Newton's
// divided differences, then the change to the monomial basis. It overwrites y.
func interpolate(x, y []group.Scalar) [][pointSize]byte {
	m, t := len(x), curve.NewScalar()
	for j := 1; j < m; j++ {
		for i := m - 1; i >= j; i-- {
			t.Inv(t.Sub(x[i], x[i-j]))
			y[i].Mul(y[i].Sub(y[i], y[i-1]), t)
		}
	}
	for j := m - 2; j >= 0; j-- {
		for i := j; i < m-1; i++ {
			y[i].Sub(y[i], t.Mul(x[j], y[i+1]))
		}
	}
	t.SetUint64(0)
	points := make([][pointSize]byte, m)
	for i := range y {
		points[i] = elementBytes(curve.NewElement().MulGen(y[i]))
		y[i].SetUint64(0)
	}
	return points
}

// decodePoints decodes commitments. It refuses the identity: as the last of them it would mean that fewer shares suffice than
// the set claims.
func decodePoints(points [][pointSize]byte) (secretsharing.SecretCommitment, error) {
	c := make(secretsharing.SecretCommitment, len(points))
	for i := range points {
		c[i] = curve.NewElement()
		if err := c[i].UnmarshalBinary(points[i][:]); err != nil || c[i].IsIdentity() || elementBytes(c[i]) != points[i] {
			return nil, fmt.Errorf("commitment %d is not a point of the group", i)
		}
	}
	return c, nil
}

func scalarOf(index int) group.Scalar { return curve.NewScalar().SetUint64(uint64(index)) }

func scalarBytes(s group.Scalar) [scalarSize]byte {
	b, err := s.MarshalBinary()
	if err != nil {
		panic("hsm: a scalar without an encoding: " + err.Error())
	}
	defer clear(b)
	return [scalarSize]byte(b)
}

func elementBytes(e group.Element) [pointSize]byte {
	b, err := e.MarshalBinary()
	if err != nil {
		panic("hsm: a point without an encoding: " + err.Error())
	}
	return [pointSize]byte(b)
}
