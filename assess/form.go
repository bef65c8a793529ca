package assess

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"assay/collect"
	"assay/derive"
	"assay/fact"
)

// encode writes a result as the memo keeps it: rows and gaps in their own form, for they are most of what a run reads; all else as JSON. Equal
// results give equal bytes.
func encode(x any) ([]byte, error) {
	switch x := x.(type) {
	case collect.Extract:
		packed := fact.Pack(x.Rows, x.Gaps)
		x.Rows, x.Gaps = nil, nil
		head, err := json.Marshal(x)
		return append(append(binary.AppendUvarint(nil, uint64(len(head))), head...), packed...), err
	case derive.Output:
		return fact.Pack(x.Rows, x.Gaps), nil
	}
	return json.Marshal(x)
}

// decode reads what encode wrote.
func decode[T any](data []byte) (out T, err error) {
	switch x := any(&out).(type) {
	case *collect.Extract:
		n, size := binary.Uvarint(data)
		if size <= 0 || n > uint64(len(data)-size) {
			return out, errors.New("assess: an extract is cut off")
		}
		data = data[size:]
		if err = json.Unmarshal(data[:n], x); err == nil {
			x.Rows, x.Gaps, err = fact.Unpack(data[n:])
		}
	case *derive.Output:
		x.Rows, x.Gaps, err = fact.Unpack(data)
	default:
		err = json.Unmarshal(data, x)
	}
	return out, err
}
