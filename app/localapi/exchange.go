package localapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// decode reads exactly one JSON value into v: no unknown fields, and nothing after it.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New("not the JSON that the call takes") // the decoder's text would quote what came
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// readAll reads at most limit octets, into one buffer that the caller clears. size is how many there are said to be, negative when
// that was not said. A body that grows leaves no copies behind.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("longer than %d octets", limit)
	}
	if size >= 0 {
		b := make([]byte, size)
		if _, err := io.ReadFull(r, b); err != nil {
			clear(b)
			return nil, errors.New("cut off")
		}
		return b, nil
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		clear(b)
		return nil, errors.New("cut off")
	}
	if int64(len(b)) > limit {
		clear(b)
		return nil, fmt.Errorf("longer than %d octets", limit)
	}
	return b, nil
}

// wipe clears all octet slices that v, a pointer, leads to. Of what the JSON and HTTP packages copied on the way, it reaches nothing:
// that stays in the memory of the process until it is used for something else.
func wipe(v any) { wipeValue(reflect.ValueOf(v)) }

func wipeValue(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the others hold no octet slices in what crosses the socket
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			wipeValue(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				wipeValue(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			clear(v.Bytes())
			return
		}
		for i := range v.Len() {
			wipeValue(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			wipeValue(v.MapIndex(key))
		}
	}
}
