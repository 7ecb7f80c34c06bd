import Flow

enum PostgresServer {
    struct Found: Sendable {
        var isThere = false
    }

    static func find() -> Found { Found() }
}

func PostgresDatabase(_ found: PostgresServer.Found) throws(Obstacle) -> any Database { throw Obstacle("no PostgreSQL") }
