using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Shop.Billing;

/// <summary>Feeds the biller from the broker, one message at a time.</summary>
public sealed class OrderConsumer(
    BrokerSettings settings, Biller biller, IHostApplicationLifetime application, ILogger<OrderConsumer> log)
    : BackgroundService
{
    private const string Exchange = "shop";
    private const string Queue = "billing.orders";

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        try
        {
            await using var connection = await settings.Connections().CreateConnectionAsync(stop);
            var confirmed = new CreateChannelOptions(
                publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
            await using var channel = await connection.CreateChannelAsync(confirmed, stop);
            await channel.BasicQosAsync(0, prefetchCount: 1, global: false, stop);

            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, delivery) => Receive(channel, delivery, stop);
            await channel.BasicConsumeAsync(Queue, autoAck: false, consumer, stop);
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            log.LogInformation("stopped");
        }
        catch (Exception problem)
        {
            // The orchestrator starts the service anew, and with it the connection.
            log.LogCritical("the broker is unavailable: {Kind}", problem.GetType().Name);
            Environment.ExitCode = 1;
            application.StopApplication();
        }
    }

    private async Task Receive(IChannel channel, BasicDeliverEventArgs delivery, CancellationToken stop)
    {
        try
        {
            var readable = await biller.Handle(delivery.Body, new Events(channel), stop);
            if (readable)
            {
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, stop);
            }
            else
            {
                await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: false, stop);
            }
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            log.LogError("an order event failed: {Kind}", problem.GetType().Name);
            await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: !delivery.Redelivered, stop);
        }
    }

    private sealed class Events(IChannel channel) : IInvoiceEvents
    {
        public async Task Issued(ReadOnlyMemory<byte> body, CancellationToken stop) =>
            await channel.BasicPublishAsync(
                Exchange, "invoice.issued", mandatory: true,
                new BasicProperties { ContentType = "application/json", Persistent = true }, body, stop);
    }
}
