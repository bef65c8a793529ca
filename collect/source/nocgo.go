//go:build !cgo

package source

import "assay/collect"

var grammars []*collect.Collector
