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

    /// Where a number is held against a limit, whether by a statement, a key, or nothing at all; and what only tells how much is shown.
    @Test func caps() throws {
        let box = try Sandbox()
        try box.write(
            "schema.sql",
            "CREATE TABLE seats (event_id int, member_id int, UNIQUE (event_id, member_id));\nCREATE TABLE events (id int PRIMARY KEY, tickets_left int, sold int);\n"
        )
        try box.write(
            "server.ts",
            """
            import { Pool } from 'pg';
            import express from 'express';
            const app = express(), pool = new Pool();
            app.post('/join', async (req, res) => {
              const seat = await pool.query('SELECT 1 FROM seats WHERE event_id = $1 AND member_id = $2', [req.body.event, req.user.id]);
              if (seat.rows.length > 0) return res.status(409).end();
              await pool.query('INSERT INTO seats (event_id, member_id) VALUES ($1, $2)', [req.body.event, req.user.id]);
              res.end();
            });
            app.post('/buy', async (req, res) => {
              if (req.body.quantity > 10) return res.status(400).end();
              const { rows } = await pool.query('SELECT tickets_left FROM events WHERE id = $1', [req.body.event]);
              if (rows[0].tickets_left < 1) return res.status(410).end();
              await pool.query('UPDATE events SET tickets_left = tickets_left - 1 WHERE id = $1', [req.body.event]);
              res.end();
            });
            app.post('/take', async (req, res) => {
              const taken = await pool.query('UPDATE events SET sold = sold + 1 WHERE id = $1 AND sold < 50', [req.body.event]);
              res.json({ ok: taken.rowCount === 1 });
            });
            app.get('/list', async (req, res) => {
              const { rows } = await pool.query('SELECT id FROM events');
              if (rows.length > 20) return res.json(rows.slice(0, 20));
              res.json(rows);
            });
            """)
        let output = try Tool.run(["surfaces", "--kind", "cap", "--format", "json"], in: box.folder).output
        let found = try JSONDecoder().decode(Inventory.self, from: Data(output.utf8)).surfaces
        let told = found.map { "\($0.line) \($0.guarded)" }.sorted()
        #expect(told == ["11 true", "13 false", "18 true", "6 true"], "\(output)")
    }

    /// What frameworks bring along, and what a model declares while its tables are made elsewhere.
    @Test func mountedAndDeclared() throws {
        let box = try Sandbox()
        try box.write(
            "project/urls.py",
            """
            from django.contrib import admin
            from django.urls import include, path
            urlpatterns = [
                path('admin/', admin.site.urls),
                # path('old/', include('allauth.urls')),
                path('api/', include('djoser.urls.authtoken')),
            ]
            """)
        try box.write(
            "models/product.js",
            """
            const mongoose = require('mongoose');
            const productSchema = mongoose.Schema({
              name: { type: String, required: true },
              image: { type: String, required: true },
            });
            module.exports = mongoose.model('Product', productSchema);
            """)
        try box.write(
            "schemas/endpoint.ts",
            "import { z } from 'zod';\nexport const website = z.string().url().refine((value) => value.startsWith('https://'));\nexport const endpointSchema = z.object({\n  website,\n});\n"
        )
        let output = try Tool.run(["surfaces", "--format", "json"], in: box.folder).output
        let found = try JSONDecoder().decode(Inventory.self, from: Data(output.utf8)).surfaces
        let told = found.map { "\($0.kind) \($0.path.split(separator: "/").last ?? ""):\($0.line) \($0.guarded)" }.sorted()
        #expect(told == ["auth urls.py:4 false", "auth urls.py:6 false", "url endpoint.ts:4 true", "url product.js:4 false"], "\(output)")
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
        #expect(told == ["payment route.ts:6 true", "status route.ts:8 false", "url schema.prisma:3 false"], "\(output)")
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
