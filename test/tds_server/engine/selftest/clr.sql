SELECT g.STAsText(), g.AsTextZM(), g.STSrid, g.STNumPoints(), g.STGeometryType(), g.AsBinaryZM(), geometry::Parse(g.AsTextZM()).ToString() FROM (SELECT geometry::STGeomFromText(w, 4326) AS g FROM (VALUES ('POINT (1.5 -2)'),('POINT EMPTY'),('LINESTRING (0 0, 1 1, 2 2.25)'),('POLYGON ((0 0, 0 3, 3 3, 3 0, 0 0), (1 1, 1 2, 2 2, 1 1))'),('MULTIPOINT ((1 2), (3 4))'),('MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))'),('MULTIPOLYGON (((0 0, 0 1, 1 1, 0 0)), ((5 5, 5 6, 6 6, 5 5)))'),('GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))'),('POINT (1 2 3)'),('POINT (1 2 NULL 4)'),('LINESTRING (0 0 1, 1 1 2)')) v(w)) x
SELECT geography::STGeomFromText('POLYGON ((-122.358 47.653, -122.348 47.649, -122.348 47.658, -122.358 47.653))', 4326)
SELECT h.ToString(), h, h.GetLevel(), h.GetAncestor(1).ToString() FROM (SELECT hierarchyid::Parse(w) AS h FROM (VALUES ('/'),('/1/'),('/2/3/'),('/1.1/'),('/-5/100/'),('/16/2000/'),('/5200/')) v(w)) x
SELECT hierarchyid::Parse('bad')
go
