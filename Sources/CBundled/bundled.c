#include "bundled.h"

static const unsigned char apis[] = {
#embed "../Vocabulary/apis/better-sqlite3.yml" suffix(, 0,)
#embed "../Vocabulary/apis/beanie.yml" suffix(, 0,)
#embed "../Vocabulary/apis/d1.yml" suffix(, 0,)
#embed "../Vocabulary/apis/databases.yml" suffix(, 0,)
#embed "../Vocabulary/apis/sqlite.yml" suffix(, 0,)
#embed "../Vocabulary/apis/libsql.yml" suffix(, 0,)
#embed "../Vocabulary/apis/supabase-js.yml" suffix(, 0,)
#embed "../Vocabulary/apis/postgres.yml" suffix(, 0,)
#embed "../Vocabulary/apis/pg.yml" suffix(, 0,)
#embed "../Vocabulary/apis/mysql2.yml" suffix(, 0,)
#embed "../Vocabulary/apis/prisma.yml" suffix(, 0,)
#embed "../Vocabulary/apis/drizzle.yml" suffix(, 0,)
#embed "../Vocabulary/apis/kysely.yml" suffix(, 0,)
#embed "../Vocabulary/apis/knex.yml" suffix(, 0,)
#embed "../Vocabulary/apis/objection.yml" suffix(, 0,)
#embed "../Vocabulary/apis/mongoose.yml" suffix(, 0,)
#embed "../Vocabulary/apis/mongodb.yml" suffix(, 0,)
#embed "../Vocabulary/apis/typeorm.yml" suffix(, 0,)
#embed "../Vocabulary/apis/sequelize.yml" suffix(, 0,)
#embed "../Vocabulary/apis/mikro-orm.yml" suffix(, 0,)
#embed "../Vocabulary/apis/lnbits.yml" suffix(, 0,)
#embed "../Vocabulary/apis/supabase-py.yml" suffix(, 0,)
#embed "../Vocabulary/apis/asyncpg.yml" suffix(, 0,)
#embed "../Vocabulary/apis/dbapi.yml" suffix(, 0,)
#embed "../Vocabulary/apis/sqlite3.yml" suffix(, 0,)
#embed "../Vocabulary/apis/peewee.yml" suffix(, 0,)
#embed "../Vocabulary/apis/tortoise.yml" suffix(, 0,)
#embed "../Vocabulary/apis/pymongo.yml" suffix(, 0,)
#embed "../Vocabulary/apis/sqlalchemy.yml" suffix(, 0,)
#embed "../Vocabulary/apis/django.yml" suffix(, 0,)
};
struct interlock_bundle interlock_bundled_apis(void) { return (struct interlock_bundle){apis, sizeof apis}; }

static const unsigned char words[] = {
#embed "../Vocabulary/words.yml" suffix(, 0,)
#embed "../Vocabulary/models.yml" suffix(, 0,)
#embed "../Vocabulary/surfaces.yml" suffix(, 0,)
};
struct interlock_bundle interlock_bundled_words(void) { return (struct interlock_bundle){words, sizeof words}; }

static const unsigned char pages[] = {
#embed "../../rules/count-then-insert.md" suffix(, 0,)
#embed "../../rules/select-then-update.md" suffix(, 0,)
#embed "../../rules/unguarded-status-write.md" suffix(, 0,)
#embed "../../rules/unsafe-url-field.md" suffix(, 0,)
#embed "../../rules/auth-without-lockout.md" suffix(, 0,)
#embed "../../rules/client-set-amount.md" suffix(, 0,)
#embed "../../rules/unowned-payment.md" suffix(, 0,)
#embed "../../rules/uncapped-code.md" suffix(, 0,)
#embed "../../rules/token-reuse-without-revocation.md" suffix(, 0,)
#embed "../../rules/unbounded-counter.md" suffix(, 0,)
};
struct interlock_bundle interlock_bundled_pages(void) { return (struct interlock_bundle){pages, sizeof pages}; }

static const unsigned char docs[] = {
#embed "../../docs/suppressions.md" suffix(, 0,)
};
struct interlock_bundle interlock_bundled_docs(void) { return (struct interlock_bundle){docs, sizeof docs}; }
