package com.example.freight.rates;

import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.*;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.io.InputStream;
import java.io.StringWriter;
import java.util.*;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.*;

@Path("/rate-sheets")
public class RateSheetResource {

    @Inject RateStore store;

    @POST
    @RolesAllowed("carrier")
    @Consumes(MediaType.APPLICATION_XML)
    @Produces(MediaType.APPLICATION_JSON)
    public Map<String, Object> upload(InputStream body) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setValidating(false);
        factory.setXIncludeAware(false);
        Document sheet = factory.newDocumentBuilder().parse(body);

        List<Lane> lanes = lanes(sheet.getElementsByTagName("lane"));
        String owner = sheet.getDocumentElement().getAttribute("carrier");
        store.replaceLanes(owner, lanes);
        store.archive(owner, asText(sheet));
        return Map.of("carrier", owner, "preview", lanes);
    }

    @GET
    @Path("/mine")
    @RolesAllowed("carrier")
    @Produces(MediaType.APPLICATION_JSON)
    public List<Lane> mine(@Context SecurityContext caller, @QueryParam("code") String code)
            throws Exception {
        String carrier = caller.getUserPrincipal().getName();
        String path = "/book/sheet[@carrier='" + carrier + "']/lane[@code='" + code + "']";
        return lanes((NodeList) XPathFactory.newInstance().newXPath()
                .evaluate(path, store.publishedBook(), XPathConstants.NODESET));
    }

    @GET
    @Path("/book.csv")
    @RolesAllowed("dispatcher")
    @Produces("text/csv")
    public String export() {
        StringBuilder csv = new StringBuilder("carrier,code,name,cents_per_km\r\n");
        for (Lane lane : store.allLanes()) {
            csv.append(lane.carrier()).append(',').append(quoted(lane.code())).append(',')
                    .append(quoted(lane.name())).append(',').append(lane.centsPerKm()).append("\r\n");
        }
        return csv.toString();
    }

    private static String quoted(String value) {
        return '"' + value.replace("\"", "\"\"") + '"';
    }

    private static String asText(Document sheet) throws Exception {
        Transformer writer = TransformerFactory.newInstance().newTransformer();
        StringWriter out = new StringWriter();
        writer.transform(new DOMSource(sheet), new StreamResult(out));
        return out.toString();
    }

    private static List<Lane> lanes(NodeList nodes) {
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            Element e = (Element) nodes.item(i);
            String carrier = ((Element) e.getParentNode()).getAttribute("carrier");
            lanes.add(new Lane(carrier, e.getAttribute("code"), e.getTextContent().strip(),
                    Integer.parseInt(e.getAttribute("cents-per-km"))));
        }
        return lanes;
    }
}
