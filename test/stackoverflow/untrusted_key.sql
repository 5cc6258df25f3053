-- The self-reference of Posts, not trusted, as on many a real database: a copy must not fail over it, so it becomes a NOT VALID constraint.
-- In a file of its own because Babelfish refuses WITH NOCHECK.

ALTER TABLE dbo.Posts WITH NOCHECK ADD CONSTRAINT FK_Posts_Parent FOREIGN KEY (ParentId) REFERENCES dbo.Posts (Id);
