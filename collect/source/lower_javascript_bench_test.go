//go:build cgo

package source

import (
	"strings"
	"testing"
)

const scriptBench = `
// Orders hands out orders.
router.get('/orders/:id', auth, async (req, res, next) => {
  const { id, ...rest } = req.params
  try {
    const { data } = await axios.get(` + "`http://catalogue:8080/items/${id}`" + `, { timeout: 1000, headers: { 'x-user': req.user?.name ?? 'nobody' } })
    if (!data || data.length === 0) {
      return res.status(404).json({ message: 'could not find the order ' + id })
    }
    res.json({ id, items: data.map((i) => ({ name: i.name, count: i.count || 1 })), rest })
  } catch (err) {
    console.error('no order', err)
    next(err)
  }
})
`

func BenchmarkLowerJavaScript(b *testing.B) {
	text := "const router = require('express').Router()\n" + strings.Repeat(scriptBench, 200)
	t, err := javascriptGrammar.parse(text)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			javascriptGrammar.parse(text)
		}
	})
	b.Run("lower", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			lowered(t, lowerScript)
		}
	})
}
