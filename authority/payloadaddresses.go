package authority

import (
	"cmp"

	"marque/device/wire"
)

// addressesArray is a payload of 1 to [MaxBatch] addresses and nothing else, ascending as text, none twice.
type addressesArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Addresses []string
}

func marshalAddresses(addresses []wire.Address) []byte {
	a := addressesArray{Version: payloadVersion}
	for _, address := range addresses {
		a.Addresses = append(a.Addresses, address.String())
	}
	return encodeApproval(&a)
}

func parseAddresses(b []byte) (addresses []wire.Address, err error) {
	var a addressesArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	for i, s := range a.Addresses {
		address, err := wire.ParseAddress(s)
		if err != nil {
			return nil, malformed("address %d is none", i+1)
		}
		addresses = append(addresses, address)
	}
	return addresses, checkAddresses(addresses)
}

func checkAddresses(addresses []wire.Address) error {
	if n := len(addresses); n < 1 || n > MaxBatch {
		return malformed("%d addresses, where there can be 1 to %d at once", n, MaxBatch)
	}
	for i, address := range addresses {
		if address.IsZero() {
			return malformed("an address is missing")
		}
		if i > 0 && compareAddresses(addresses[i-1], address) >= 0 {
			return malformed("the addresses are not in order, or one stands there twice")
		}
	}
	return nil
}

func compareAddresses(x, y wire.Address) int { return cmp.Compare(x.String(), y.String()) }
