package wire

import "fmt"

// OpenListOrder verifies a revocation list of any form, a statement of type bundle, change or regions, and returns its place among the lists
// of the realm. Errors: as OpenStatement's, ErrType for a statement of another type, ErrRealm for a list of another core.
func OpenListOrder(b []byte, core *Core) (Order, error) {
	p, err := PeekStatement(b)
	if err != nil {
		return Order{}, err
	}
	if _, err := OpenStatement(b, p.Type, core.Realm, core.StatementKey); err != nil {
		return Order{}, err
	}
	var named [32]byte
	var order Order
	hash := core.Hash()
	switch p.Type {
	case TypeBundle:
		l, err := ParseBundle(p.Payload)
		if err != nil {
			return Order{}, err
		}
		named, order = l.Core, l.Order()
	case TypeChange:
		l, err := ParseChange(p.Payload)
		if err != nil {
			return Order{}, err
		}
		named, order = hash, l.Order()
		copy(named[:], l.Core[:])
	case TypeRegions:
		l, err := ParseRegions(p.Payload)
		if err != nil {
			return Order{}, err
		}
		named, order = l.List.Core, l.List.Order()
	default:
		return Order{}, fmt.Errorf("list: %w", ErrType)
	}
	if named != hash {
		return Order{}, fmt.Errorf("list: %w: it names another core", ErrRealm)
	}
	return order, nil
}
