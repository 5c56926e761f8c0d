import java.io.File;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

/**
 * OpenSearch without its installer: a node of the settings given as name=value, with the modules whose jars are on
 * the class path. Ends with SIGTERM. Run from source by `start`.
 */
public class SearchNode extends Node {
    private static final String[] MODULES = {
        "org.opensearch.transport.Netty4Plugin", "org.opensearch.geo.GeoModulePlugin",
        "org.opensearch.index.mapper.MapperExtrasPlugin", "org.opensearch.index.reindex.ReindexPlugin",
        "org.opensearch.analysis.common.CommonAnalysisPlugin", "org.opensearch.painless.PainlessPlugin",
    };

    SearchNode(Environment environment, Collection<Class<? extends Plugin>> modules) {
        super(environment, modules, true);
    }

    public static void main(String[] settings) throws Exception {
        Settings.Builder given = Settings.builder();
        for (String setting : settings) {
            String[] pair = setting.split("=", 2);
            given.put(pair[0], pair[1]);
        }
        Collection<Class<? extends Plugin>> modules = new ArrayList<>();
        for (String module : MODULES) {
            modules.add(Class.forName(module).asSubclass(Plugin.class));
        }
        Environment place = InternalSettingsPreparer.prepareEnvironment(given.build(), Map.of(), null, () -> "netlog");
        Files.createDirectories(place.logsFile());
        Node node = new SearchNode(place, modules);
        node.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception ignored) {
                // It ends anyway.
            }
        }));
        // The node's threads are daemons: somebody has to stay.
        Thread.currentThread().join();
    }
}
