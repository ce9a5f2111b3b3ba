import java.io.File;
import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.deidentifier.arx.*;
import org.deidentifier.arx.AttributeType.Hierarchy;
import org.deidentifier.arx.criteria.KAnonymity;
import org.deidentifier.arx.metric.Metric;

/**
 * 5-anonymity of UCI Adult with all nine columns, by ARX: one line for each repetition with milliseconds of the search (`anonymize`) and of all
 * from reading to writing, and the loss. Repetitions of one process, so that the later ones are those of a warm machine.
 *
 * java -cp ARX:. Adult FOLDER REPETITIONS
 */
public class Adult {
    public static void main(String[] words) throws Exception {
        File folder = new File(words[0]);
        for (int at = 0; at < Integer.parseInt(words[1]); at++) {
            long start = System.nanoTime();
            Data data = Data.create(new File(folder, "adult.csv"), StandardCharsets.UTF_8, ';');
            DataHandle input = data.getHandle();
            for (int column = 0; column < input.getNumColumns(); column++) {
                String name = input.getAttributeName(column);
                File file = new File(folder, "adult_hierarchy_" + name + ".csv");
                Hierarchy hierarchy = Hierarchy.create(new FileInputStream(file), StandardCharsets.UTF_8, ';');
                data.getDefinition().setAttributeType(name, hierarchy);
            }
            ARXConfiguration how = ARXConfiguration.create(0.04d, Metric.createPrecomputedEntropyMetric(0.1d, true));
            how.addPrivacyModel(new KAnonymity(5));
            long before = System.nanoTime();
            ARXResult result = new ARXAnonymizer().anonymize(data, how);
            long after = System.nanoTime();
            File out = File.createTempFile("adult", ".csv");
            result.getOutput(false).save(out, ';');
            long end = System.nanoTime();
            out.delete();
            System.out.println(
                (after - before) / 1e6 + "," + (end - start) / 1e6 + "," + result.getGlobalOptimum().getHighestScore()
                    + "," + Arrays.toString(result.getGlobalOptimum().getTransformation()).replace(", ", " "));
        }
    }
}
