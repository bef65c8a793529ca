module shop.example/mailer

go 1.26

require (
	github.com/rabbitmq/amqp091-go v1.16.0
	shop.example/kit v0.0.0
)

replace shop.example/kit => ../libs/kit
