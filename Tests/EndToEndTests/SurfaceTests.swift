import Foundation
import Running
import Testing

/// The inventory: guarded surfaces are listed, too.
@Suite struct SurfaceTests {
    private struct Inventory: Decodable {
        let version: Int
        let surfaces: [Surface]

        struct Surface: Decodable {
            let kind, name, path: String
            let line: Int
            let guarded: Bool
            let `guard`: Guardian?
            let writes: [Writing]
        }

        struct Guardian: Decodable { let text, path: String, line: Int }
        struct Writing: Decodable { let path: String, line: Int, guarded: Bool }
    }

    private func inventory(_ arguments: String...) throws -> Inventory {
        let result = try Tool.run(["surfaces", "--format", "json"] + arguments, in: Tool.repository)
        #expect(result.code == 0 && result.errors.isEmpty)
        return try JSONDecoder().decode(Inventory.self, from: Data(result.output.utf8))
    }

    /// Each repaired twin of the examples has the surface of its vulnerable one, guarded.
    @Test(arguments: [
        ("coupon-cap/d1", "cap"), ("oauth-code/d1", "token"), ("payout-approval/d1", "status"), ("password-login/d1", "auth"),
        ("password-login/python", "auth"),
        ("review-url/supabase", "url"), ("payment-intent/d1", "payment"), ("promo-code/python", "token"),
    ])
    func twins(_ example: String, _ kind: String) throws {
        let fixed = try inventory("--kind", kind, "examples/\(example)-fixed")
        #expect(fixed.version == 1 && !fixed.surfaces.isEmpty)
        for surface in fixed.surfaces {
            #expect(surface.kind == kind && surface.guarded && surface.guard != nil && surface.line > 0, "\(surface)")
            let open = surface.writes.filter { !$0.guarded }
            #expect(open.isEmpty)
        }
        guard kind != "token" || !example.hasPrefix("promo") else { return }
        let vulnerable = try inventory("--kind", kind, "examples/\(example)-vulnerable")
        #expect(vulnerable.surfaces.contains { !$0.guarded && $0.guard == nil })
    }

    /// The one sibling without a guard stands out.
    @Test func theOneThatIsMissing() throws {
        let box = try Sandbox()
        let fields = ["wifi_url", "logo_url", "cover_url", "menu_url"].map {
            "  await supabase.from('restaurants').update({ \($0): safeHref(body.\($0)) }).eq('id', body.id);\n"
        }
        try box.write(
            "route.ts",
            """
            import { createClient } from '@supabase/supabase-js';
            function safeHref(url: string) {
              return ['http:', 'https:'].includes(new URL(url).protocol) ? url : null;
            }
            export async function PUT(request: Request) {
              const body = await request.json();
            \(fields.joined())  await supabase.from('config').update({ review_url: body.review_url }).eq('id', body.id);
              return new Response('ok');
            }
            """)
        let result = try Tool.run(["surfaces", "--kind", "url"], in: box.folder)
        #expect(result.output.hasPrefix("URL fields: 4 of 5 guarded; not config.review_url\n"), "\(result.output)")
        for format in ["markdown", "html"] {
            let page = try Tool.run(["surfaces", "--kind", "url", "--format", format], in: box.folder).output
            #expect(page.contains("config.review_url") && page.contains("restaurants.menu_url"))
        }
    }

    /// What no rule complains of is listed all the same.
    @Test func whatNoRuleSpeaksOf() throws {
        let box = try Sandbox()
        try box.write("schema.prisma", "model Partner {\n  id Int @id\n  website String\n}\n\nmodel Invoice {\n  id Int @id\n  paid Boolean\n}\n")
        try box.write(
            "app/api/webhook/route.ts",
            """
            import Stripe from 'stripe';
            import { PrismaClient } from '@prisma/client';
            const stripe = new Stripe(process.env.STRIPE_KEY!);
            const prisma = new PrismaClient();
            export async function POST(request: Request) {
              const event = stripe.webhooks.constructEvent(await request.text(), request.headers.get('stripe-signature')!, process.env.SECRET!);
              if (event.type !== 'checkout.session.completed') return new Response('ignored');
              await prisma.invoice.update({ where: { id: Number(event.data.object.metadata!.invoice) }, data: { paid: true } });
              return new Response('ok');
            }
            """)
        let output = try Tool.run(["surfaces", "--format", "json"], in: box.folder).output
        let found = try JSONDecoder().decode(Inventory.self, from: Data(output.utf8)).surfaces
        let told = found.map { "\($0.kind) \($0.path.split(separator: "/").last ?? ""):\($0.line) \($0.guarded)" }.sorted()
        #expect(told == ["payment route.ts:6 true", "status route.ts:8 false", "url schema.prisma:3 true"], "\(output)")
    }

    @Test func mistakes() throws {
        let kind = try Tool.run(["surfaces", "--kind", "links"], in: Tool.repository)
        #expect(kind.code == 2 && kind.errors.hasPrefix("interlock: The value 'links' is invalid for '--kind"))
        let missing = try Tool.run(["surfaces", "no-such-folder"], in: Tool.repository)
        #expect(missing.code == 2)
        let box = try Sandbox(), nothing = try Tool.run(["surfaces"], in: box.folder)
        #expect(nothing.code == 3)
    }
}
