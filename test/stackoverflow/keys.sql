-- Foreign keys and indexes, added after the rows; untrusted_key.sql has one more.

ALTER TABLE dbo.Posts ADD CONSTRAINT FK_Posts_PostTypes FOREIGN KEY (PostTypeId) REFERENCES dbo.PostTypes (Id);
GO
ALTER TABLE dbo.Posts ADD CONSTRAINT FK_Posts_Users FOREIGN KEY (OwnerUserId) REFERENCES dbo.Users (Id);
GO
ALTER TABLE dbo.Comments ADD CONSTRAINT FK_Comments_Posts FOREIGN KEY (PostId) REFERENCES dbo.Posts (Id);
GO
ALTER TABLE dbo.Comments ADD CONSTRAINT FK_Comments_Users FOREIGN KEY (UserId) REFERENCES dbo.Users (Id);
GO
ALTER TABLE dbo.Votes ADD CONSTRAINT FK_Votes_Posts FOREIGN KEY (PostId) REFERENCES dbo.Posts (Id);
GO
ALTER TABLE dbo.Votes ADD CONSTRAINT FK_Votes_VoteTypes FOREIGN KEY (VoteTypeId) REFERENCES dbo.VoteTypes (Id);
GO
ALTER TABLE dbo.Badges ADD CONSTRAINT FK_Badges_Users FOREIGN KEY (UserId) REFERENCES dbo.Users (Id);
GO
ALTER TABLE dbo.PostLinks ADD CONSTRAINT FK_PostLinks_Posts FOREIGN KEY (PostId) REFERENCES dbo.Posts (Id);
GO
ALTER TABLE dbo.PostLinks ADD CONSTRAINT FK_PostLinks_RelatedPosts FOREIGN KEY (RelatedPostId) REFERENCES dbo.Posts (Id);
GO
ALTER TABLE dbo.PostLinks ADD CONSTRAINT FK_PostLinks_LinkTypes FOREIGN KEY (LinkTypeId) REFERENCES dbo.LinkTypes (Id);
GO
CREATE INDEX IX_Posts_OwnerUserId ON dbo.Posts (OwnerUserId);
GO
CREATE INDEX IX_Comments_PostId ON dbo.Comments (PostId);
GO
CREATE INDEX IX_Votes_PostId ON dbo.Votes (PostId);
GO
