package program

import (
	"reflect"
	"strings"
	"testing"
)

func small() *Tree {
	var b Builder
	b.Open(File, "", 1, 1)
	b.Open(Import, "net/http", 3, 8)
	b.Leaf(Name, "http", 3, 8)
	b.Close()
	b.Open(Func, "main", 5, 1)
	b.Open(Block, "", 5, 13)
	b.Open(Call, "", 6, 2)
	b.Open(Member, "HandleFunc", 6, 2)
	b.Leaf(Name, "http", 6, 2)
	b.Close()
	b.Open(Arg, "", 6, 18)
	b.Leaf(String, "/", 6, 18)
	b.Close()
	b.Close()
	b.Close()
	b.Close()
	b.Close()
	return &b.Tree
}

// A tree is read back as it was written.
func TestEncode(t *testing.T) {
	x := small()
	y, err := Decode(string(x.Encode()))
	if err != nil || !reflect.DeepEqual(x, y) {
		t.Fatalf("%v\n%s\n%s", err, x, y)
	}
	if x.Text(x.Kid(x.Kid(0, 0, Func), 0)) != "" || x.Text(x.Kid(0, 0, Import)) != "net/http" || x.Kid(0, 2) != -1 {
		t.Error(x)
	}
}

// What is nested too deep is left out and said to be; the rest stands.
func TestDeep(t *testing.T) {
	var b Builder
	for range 3 * MaxDepth {
		b.Open(List, "", 1, 1)
	}
	for range 3 * MaxDepth {
		b.Close()
	}
	b.Leaf(Name, "after", 2, 1)
	if !b.Cut || len(b.Tree.Nodes) != MaxDepth+2 || !strings.Contains(b.Tree.String(), `Bad "too large"`) {
		t.Error(b.Cut, len(b.Tree.Nodes))
	}
	if _, err := Decode(string(b.Tree.Encode())); err != nil {
		t.Error(err)
	}
}

// Whatever the bytes are, Decode gives an error or a tree whose nodes nest, and which is written as the same bytes again or fewer.
func FuzzDecode(f *testing.F) {
	f.Add(string(small().Encode()))
	f.Add("\x01\x00\x00")
	f.Fuzz(func(t *testing.T, data string) {
		x, err := Decode(data)
		if err != nil {
			return
		}
		for i, n := range x.Nodes {
			for c := range x.Kids(i) {
				if c <= i || x.Nodes[c].End > n.End {
					t.Fatalf("node %d does not lie in %d", c, i)
				}
			}
		}
		if y, err := Decode(string(x.Encode())); err != nil || !reflect.DeepEqual(x, y) {
			t.Fatal("a tree is not read back", err)
		}
	})
}
