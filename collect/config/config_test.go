package config

import (
	"testing"

	"assay/collect/config/read/cases"
)

func TestCases(t *testing.T) { cases.All(t, All) }
