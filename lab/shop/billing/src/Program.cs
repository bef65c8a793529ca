using Shop.Billing;

var builder = WebApplication.CreateBuilder(args);
var configuration = builder.Configuration;

builder.Logging.ClearProviders().AddJsonConsole();
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = 64 * 1024);

var invoices = new PostgresInvoices(configuration.Database());
await invoices.CreateTables(CancellationToken.None);

builder.Services.AddSingleton<IInvoices>(invoices);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(configuration.Broker());
builder.Services.AddSingleton<Biller>();
builder.Services.AddHostedService<OrderConsumer>();
builder.Services.AddTokens(configuration.Secret("TOKEN_PUBLIC_KEY"));
builder.Services.AddProblemDetails();

var app = builder.Build();
app.UseExceptionHandler();
app.UseAuthentication();
app.UseAuthorization();
app.MapBilling();
await app.RunAsync();
