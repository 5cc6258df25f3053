-- The nine tables of the public StackOverflow2010 database, with its column names and types.
-- Runs once, in an empty database; generate.sh fills the tables, keys.sql adds what is faster to add afterwards.

CREATE TABLE dbo.LinkTypes (
    Id int IDENTITY(1,1) NOT NULL,
    Type varchar(50) NOT NULL,
    CONSTRAINT PK_LinkTypes__Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.PostTypes (
    Id int IDENTITY(1,1) NOT NULL,
    Type nvarchar(50) NOT NULL,
    CONSTRAINT PK_PostTypes__Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.VoteTypes (
    Id int IDENTITY(1,1) NOT NULL,
    Name varchar(50) NOT NULL,
    CONSTRAINT PK_VoteTypes__Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.Users (
    Id int IDENTITY(1,1) NOT NULL,
    AboutMe nvarchar(max) NULL,
    Age int NULL,
    CreationDate datetime NOT NULL,
    DisplayName nvarchar(40) NOT NULL,
    DownVotes int NOT NULL CONSTRAINT DF_Users_DownVotes DEFAULT ((0)),
    EmailHash nvarchar(40) NULL,
    LastAccessDate datetime NOT NULL,
    Location nvarchar(100) NULL,
    Reputation int NOT NULL CONSTRAINT DF_Users_Reputation DEFAULT ((1)),
    UpVotes int NOT NULL CONSTRAINT DF_Users_UpVotes DEFAULT ((0)),
    Views int NOT NULL CONSTRAINT DF_Users_Views DEFAULT ((0)),
    WebsiteUrl nvarchar(200) NULL,
    AccountId int NULL,
    CONSTRAINT PK_Users_Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.Posts (
    Id int IDENTITY(1,1) NOT NULL,
    AcceptedAnswerId int NULL,
    AnswerCount int NULL,
    Body nvarchar(max) NOT NULL,
    ClosedDate datetime NULL,
    CommentCount int NULL,
    CommunityOwnedDate datetime NULL,
    CreationDate datetime NOT NULL CONSTRAINT DF_Posts_CreationDate DEFAULT (getdate()),
    FavoriteCount int NULL,
    LastActivityDate datetime NOT NULL,
    LastEditDate datetime NULL,
    LastEditorDisplayName nvarchar(40) NULL,
    LastEditorUserId int NULL,
    OwnerUserId int NULL,
    ParentId int NULL,
    PostTypeId int NOT NULL,
    Score int NOT NULL,
    Tags nvarchar(150) NULL,
    Title nvarchar(250) NULL,
    ViewCount int NOT NULL,
    CONSTRAINT PK_Posts__Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.Comments (
    Id int IDENTITY(1,1) NOT NULL,
    CreationDate datetime NOT NULL,
    PostId int NOT NULL,
    Score int NULL,
    Text nvarchar(700) NOT NULL,
    UserId int NULL,
    CONSTRAINT PK_Comments__Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.Votes (
    Id int IDENTITY(1,1) NOT NULL,
    PostId int NOT NULL,
    UserId int NULL,
    BountyAmount int NULL,
    VoteTypeId int NOT NULL,
    CreationDate datetime NOT NULL,
    CONSTRAINT PK_Votes__Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.Badges (
    Id int IDENTITY(1,1) NOT NULL,
    Name nvarchar(40) NOT NULL,
    UserId int NOT NULL,
    Date datetime NOT NULL,
    CONSTRAINT PK_Badges__Id PRIMARY KEY CLUSTERED (Id)
);
GO
CREATE TABLE dbo.PostLinks (
    Id int IDENTITY(1,1) NOT NULL,
    CreationDate datetime NOT NULL,
    PostId int NOT NULL,
    RelatedPostId int NOT NULL,
    LinkTypeId int NOT NULL,
    CONSTRAINT PK_PostLinks__Id PRIMARY KEY CLUSTERED (Id)
);
GO
