module shop.example/kit

go 1.26
