//go:build cgo

package source

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// The texts on which lowering is measured against parsing: it should cost less than a third.
const (
	goBench     = "\n// Get hands out an order.\nfunc (s *Server) Get(w http.ResponseWriter, r *http.Request) {\n\tid, err := strconv.Atoi(mux.Vars(r)[\"id\"])\n\tif err != nil {\n\t\thttp.Error(w, \"no number: \"+err.Error(), http.StatusBadRequest)\n\t\treturn\n\t}\n\tlog.Printf(\"could not find the order %d of customer %s\", id, r.URL.Query().Get(\"customer_id\"))\n\tjson.NewEncoder(w).Encode(Order{ID: id, Items: []Item{{Name: \"a\", Count: 1}}})\n}\n"
	pythonBench = "\n@app.route('/orders/<int:id>', methods=['GET'])\n@login_required\ndef order(id: int, user: str = None):\n    \"\"\"Hands out an order.\"\"\"\n    found = session.query(Order).filter(Order.id == id, Order.user == user).first()\n    if found is None:\n        raise NotFound(f'could not find the order {id} of customer {user}')\n    logger.info('order of customer found: %s', found.customer_id)\n    return jsonify({'id': found.id, 'items': [i.name for i in found.items]})\n"
	phpBench    = "\n#[Route('/orders/{id}', methods: ['GET'])]\npublic function order(int $id, ?string $user = null): Response\n{\n    // hands out an order\n    $found = $this->orders->findBy(['id' => $id, 'user' => $user]);\n    if ($found === null) {\n        throw new NotFound(\"could not find the order $id of customer $user\");\n    }\n    $this->logger->info('order of customer found: %s', $found->customerId());\n    return new JsonResponse(['id' => $found->id, 'items' => array_map(fn ($i) => $i->name, $found->items)]);\n}\n"
)

func benchmarkLower(b *testing.B, g *grammar, l lowerer, text string) {
	t, err := g.parse(text)
	if err != nil || len(t.bad) > 0 {
		b.Fatal(err, t.bad)
	}
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			g.parse(text)
		}
	})
	b.Run("lower", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			lowered(t, l)
		}
	})
}

func BenchmarkLowerPython(b *testing.B) {
	benchmarkLower(b, pythonGrammar, lowerPython, strings.Repeat(pythonBench, 200))
}

func BenchmarkLowerPHP(b *testing.B) {
	benchmarkLower(b, phpGrammar, lowerPHP, "<?php\nclass A {\n"+strings.Repeat(phpBench, 200)+"}\n")
}

func BenchmarkLowerGo(b *testing.B) {
	text := "package main\n" + strings.Repeat(goBench, 200)
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments|parser.SkipObjectResolution)
		}
	})
	b.Run("lower", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			lowerGo(text, f)
		}
	})
}
