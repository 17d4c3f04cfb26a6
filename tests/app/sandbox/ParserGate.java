import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.jena.query.*;
import org.apache.jena.sparql.algebra.*;
import org.apache.jena.sparql.algebra.op.OpService;
import org.apache.jena.sparql.algebra.walker.Walker;
import org.apache.jena.sparql.expr.ExprVisitorBase;
import org.eclipse.rdf4j.query.algebra.Service;
import org.eclipse.rdf4j.query.algebra.helpers.AbstractQueryModelVisitor;
import org.eclipse.rdf4j.query.parser.sparql.SPARQLParser;

/** What RDF4J (GraphDB) and ARQ (Fuseki; SPARQL 1.1 and its own syntax) read in a query: a line of base64 each, an answer each. */
public class ParserGate {
    static final String BASE = "http://base.example/";
    static boolean found;

    public static void main(String[] arguments) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.US_ASCII);
        for (String line; (line = in.readLine()) != null; ) {
            String text = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            out.println(answer(() -> rdf4j(text)) + " " + answer(() -> arq(text, Syntax.syntaxSPARQL_11)) + " " + answer(() -> arq(text, Syntax.syntaxARQ)));
        }
    }

    /** "malformed", or whether SERVICE was met, and a name of the meaning. */
    static String answer(Supplier<String> reader) {
        found = false;
        try {
            String meaning = reader.get();
            return (found ? "service:" : "query:") + Base64.getEncoder().encodeToString(meaning.getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException | Error error) {
            return "malformed:" + Base64.getEncoder().encodeToString(String.valueOf(error.getMessage()).getBytes(StandardCharsets.UTF_8));
        }
    }

    static String rdf4j(String text) {
        var query = new SPARQLParser().parseQuery(text, BASE);
        query.getTupleExpr().visit(new AbstractQueryModelVisitor<RuntimeException>() {
            @Override public void meet(Service service) { found = true; }
        });
        String meaning = query.getTupleExpr() + " " + query.getDataset();
        // names by chance, and the projection in their order
        return meaning.replaceAll("[0-9a-f]{8}([-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12}", "_").lines().sorted().collect(Collectors.joining("\n"));
    }

    static String arq(String text, Syntax syntax) {
        Query query = QueryFactory.create(text, BASE, syntax);
        if (query.getQueryPattern() != null)
            Walker.walk(Algebra.compile(query), new OpVisitorBase() {
                @Override public void visit(OpService service) { found = true; }
            }, new ExprVisitorBase());
        return query.toString();
    }
}
