// jTDS, which speaks TDS 7.1: java -cp jtds.jar Jtds.java HOST PORT USER PASSWORD DATABASE
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

public class Jtds {
  static boolean failed = false;

  interface Check {
    String run() throws Exception;  // null: as it should be
  }

  static void check(String name, Check check) {
    String problem;
    try {
      problem = check.run();
    } catch (Exception error) {
      problem = error.toString();
    }
    System.out.println((problem == null ? "ok" : "not ok") + " - jTDS: " + name);
    if (problem != null) {
      System.out.println("#   " + problem);
      failed = true;
    }
  }

  static String compare(ResultSet row, String... namesAndTexts) throws SQLException {
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      String text = row.getString(namesAndTexts[i]);
      if (!namesAndTexts[i + 1].equals(text)) return namesAndTexts[i] + ": " + text;
    }
    return null;
  }

  public static void main(String[] a) throws Exception {
    Class.forName("net.sourceforge.jtds.jdbc.Driver");
    String url = "jdbc:jtds:sqlserver://" + a[0] + ":" + a[1] + "/" + a[4];
    try (Connection c = DriverManager.getConnection(url, a[2], a[3])) {
      check("every type", () -> {
        try (Statement s = c.createStatement();
             ResultSet r = s.executeQuery("SELECT id,b,ti,si,bi,d,m,sm,f,da,dt,dt2,dto,c,vc,nvc,cyr,u8,tx,ntx,bin,vb,g,x FROM dbo.client_check WHERE id = 1")) {
          r.next();
          return compare(r, "b", "1", "ti", "255", "si", "-32768", "bi", "9223372036854775807", "d",
              "-1234567890123456789012345678.0123456789", "m", "-922337203685477.5808", "sm", "214748.3647", "da", "9999-12-31",
              "dt", "1753-01-01 12:00:00.997", "dt2", "2020-02-29 01:02:03.1234567", "dto", "2020-01-01 00:30:00.123 +01:00",
              "c", "abc       ", "vc", "caf\u00e9", "nvc", "\u65e5\u672c \ud83d\ude00", "cyr", "\u041f\u0440\u0438\u0432\u0435\u0442",
              "u8", "\u20ac\ud83d\ude00", "tx", "text", "ntx", "ntext \u20ac", "bin", "3132333435363738", "vb", "000102", "g",
              "6F9619FF-8B86-D011-B42D-00C04FC964FF", "x", "<a>\u00e9</a>");
        }
      });
      check("prepared statement", () -> {
        try (PreparedStatement p = c.prepareStatement("SELECT id FROM dbo.client_check WHERE bi = ? AND nvc = ? AND d = ?")) {
          for (int i = 0; i < 3; i++) {
            p.setLong(1, Long.MAX_VALUE);
            p.setString(2, "\u65e5\u672c \ud83d\ude00");
            p.setBigDecimal(3, new BigDecimal("-1234567890123456789012345678.0123456789"));
            try (ResultSet r = p.executeQuery()) {
              if (!r.next() || r.getInt(1) != 1) return "row not found at execution " + i;
            }
          }
          return null;
        }
      });
      check("rollback", () -> {
        c.setAutoCommit(false);
        try (Statement s = c.createStatement()) {
          s.executeUpdate("INSERT INTO dbo.client_check (id) VALUES (300)");
          c.rollback();
          try (ResultSet r = s.executeQuery("SELECT COUNT(*) FROM dbo.client_check WHERE id = 300")) {
            r.next();
            return r.getInt(1) == 0 ? null : "the row is still there";
          }
        } finally {
          c.setAutoCommit(true);
        }
      });
      check("error 208", () -> {
        try (Statement s = c.createStatement()) {
          s.executeQuery("SELECT * FROM dbo.no_such_table");
          return "no error";
        } catch (SQLException error) {
          return error.getErrorCode() == 208 ? null : error.toString();
        }
      });
    }
    System.exit(failed ? 1 : 0);
  }
}
