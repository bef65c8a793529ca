using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.Tokens;

namespace Shop.Billing;

/// <summary>
/// Whose request it is. The gateway has verified the token already; this service verifies it again, so that it need
/// not trust its place in the network.
/// </summary>
public static class Tokens
{
    public const string Issuer = "shop-identity";
    public const string Audience = "shop";

    public static TokenValidationParameters Parameters(string publicKey)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(publicKey);
        return new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha384],
            IssuerSigningKey = new ECDsaSecurityKey(key),
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ValidateIssuer = true,
            ValidateAudience = true,
            ValidateLifetime = true,
            ValidateIssuerSigningKey = true,
            ClockSkew = TimeSpan.FromSeconds(5),
        };
    }

    public static void AddTokens(this IServiceCollection services, string publicKey)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.TokenValidationParameters = Parameters(publicKey);
        });
        services.AddAuthorization(options =>
            options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().RequireClaim("sub").Build());
    }

    public static Guid Customer(this ClaimsPrincipal user) => Guid.Parse(user.FindFirstValue("sub")!);
}
